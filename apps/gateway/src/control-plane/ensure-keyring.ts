import { randomBytes } from 'node:crypto'
import type { Entry, Logger, SnapshotStore } from '@outlast/snapshot'
import { keyringOf } from '@outlast/snapshot/apisix'
import { errorText } from '../error-text.ts'
import { groupKey, kindSpan } from './group-keys.ts'
import type { ConfigStore } from './store/config-store.ts'

const kind = 'keyring'
/** How long a backup may delay the start of a control plane. */
const backupTimeoutMs = 5_000

/**
 * Gives a gateway group a keyring when it has none: that of its backup, so that a control plane that was rebuilt goes on
 * with the keys that its snapshots need, else a new one. The keys themselves are never told.
 */
export async function ensureKeyring(options: {
  readonly store: ConfigStore
  readonly group: string
  /** Where the group is backed up to. */
  readonly backup?: SnapshotStore | undefined
  readonly logger: Logger
  readonly signal: AbortSignal
}): Promise<void> {
  const { store, group, logger } = options
  const { count } = await store.range({ keys: kindSpan(group, kind), countOnly: true })
  if (count > 0) return
  const kept = await keyringInBackup(options)
  const entries = kept.length > 0 ? kept : [newKeyring()]
  const { status } = await store.transaction({
    compare: entries.map((entry) => ({ key: groupKey(group, entry), modRevision: 0 })),
    operations: entries.map((entry) => ({
      type: 'put',
      key: groupKey(group, entry),
      value: JSON.stringify(entry.value),
    })),
  })
  // Another control plane was faster, and told of it.
  if (status === 'conflict') return
  const { keyIds } = keyringOf(entries)
  logger.info({ group, keyIds }, kept.length > 0 ? 'took over the keyring of the backup' : 'generated a keyring')
}

/** 32 characters: AES-256. APISIX's own encryption of its store stays as it is. */
function newKeyring(): Entry {
  return { kind, id: '1', value: { keyring: [randomBytes(24).toString('base64url')] } }
}

async function keyringInBackup(options: {
  readonly group: string
  readonly backup?: SnapshotStore | undefined
  readonly logger: Logger
  readonly signal: AbortSignal
}): Promise<readonly Entry[]> {
  const { group, backup, logger } = options
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(backupTimeoutMs)])
  try {
    const latest = await backup?.instance.latest({ signal })
    if (backup === undefined || latest === undefined) return []
    const { entries } = await backup.instance.load(latest.manifest, { signal })
    return entries.filter((entry) => entry.kind === kind)
  } catch (error) {
    options.signal.throwIfAborted()
    logger.warn({ group, reason: errorText(error) }, 'the backup could not be asked for a keyring')
    return []
  }
}
