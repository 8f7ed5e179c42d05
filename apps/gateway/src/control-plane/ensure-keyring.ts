import { systemClock, type Clock, type Entry, type Logger, type SnapshotStore } from '@outlast/snapshot'
import { keyringOf } from '@outlast/snapshot/apisix'
import { atMost } from '../at-most.ts'
import { errorText } from '../error-text.ts'
import { groupNames } from './gateway-groups.ts'
import { keyringChange, readGroupKeyring } from './group-keyring.ts'
import { keyringKind, newKey, withKeyInFront } from './keyring-entries.ts'
import type { ConfigStore } from './store/config-store.ts'

/** How long a backup may delay the start of a control plane. */
const backupTimeoutMs = 5_000
const groupsAtOnce = 16

interface Options {
  readonly store: ConfigStore
  readonly group: string
  /** Where the group is backed up to. */
  readonly backup?: SnapshotStore | undefined
  readonly clock?: Clock | undefined
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Gives a gateway group a keyring when it has none: that of its backup, so that a control plane that was rebuilt goes on
 * with the keys that its snapshots need, else a new one. Of several control planes that find none at the same moment one
 * succeeds, whatever each of them found in the backup. The keys themselves are never told.
 */
export async function ensureKeyring(options: Options): Promise<void> {
  const { store, group, clock = systemClock, logger, signal } = options
  let kept: readonly Entry[] | undefined
  for (;;) {
    const before = await readGroupKeyring(store, group, { signal })
    if (before.entries.length > 0) return
    kept ??= await keyringInBackup(options)
    const isKept = kept.length > 0
    // When the keys of a backup were made nobody knows.
    const next = isKept
      ? { entries: kept }
      : { entries: withKeyInFront([], newKey()), createTime: Math.floor(clock.now() / 1000) }
    const { status } = await store.transaction(keyringChange(group, before, next))
    if (status === 'committed') {
      const { keyIds } = keyringOf(next.entries)
      logger.info({ group, keyIds }, isKept ? 'took over the keyring of the backup' : 'generated a keyring')
      return
    }
    // Another control plane was faster, and told of it.
    signal.throwIfAborted()
  }
}

/** The same for all groups that there are. One whose backup takes long to answer holds up no other. */
export async function ensureKeyrings({
  backup,
  ...options
}: Omit<Options, 'group' | 'backup'> & {
  readonly backup: (group: string) => SnapshotStore | undefined
}): Promise<void> {
  const { store, signal } = options
  const limited = atMost(groupsAtOnce)
  const groups = await groupNames(store, signal)
  await Promise.all(
    groups.map(async (group) =>
      limited(async () => {
        await ensureKeyring({ ...options, group, backup: backup(group) })
      }),
    ),
  )
}

async function keyringInBackup(options: Options): Promise<readonly Entry[]> {
  const { group, backup, logger } = options
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(backupTimeoutMs)])
  try {
    const latest = await backup?.instance.latest({ signal })
    if (backup === undefined || latest === undefined) return []
    const { entries } = await backup.instance.load(latest.manifest, { signal })
    return entries.filter((entry) => entry.kind === keyringKind)
  } catch (error) {
    options.signal.throwIfAborted()
    logger.warn({ group, reason: errorText(error) }, 'the backup could not be asked for a keyring')
    return []
  }
}
