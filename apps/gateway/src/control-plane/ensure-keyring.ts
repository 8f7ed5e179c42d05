import {
  SnapshotError,
  systemClock,
  type Clock,
  type Entry,
  type Logger,
  type SnapshotErrorCode,
  type SnapshotStore,
} from '@outlast/snapshot'
import { keyringOf } from '@outlast/snapshot/apisix'
import { atMost } from '../at-most.ts'
import { errorText } from '../error-text.ts'
import { groupNames } from './gateway-groups.ts'
import { keyringChange, readGroupKeyring } from './group-keyring.ts'
import { keyringKind, newKey, withKeyInFront } from './keyring-entries.ts'
import type { ConfigStore } from './store/config-store.ts'

const defaultTimeoutMs = 5_000
const groupsAtOnce = 16

/** What no later attempt will read. Anything else that goes wrong may be over by then. */
const damage: ReadonlySet<SnapshotErrorCode> = new Set(['damaged', 'limit-exceeded'])

interface Options {
  readonly store: ConfigStore
  readonly group: string
  /** Where the group is backed up to. */
  readonly backup?: SnapshotStore | undefined
  /** How long the backup has to say which keyring it has. Default 5,000. */
  readonly timeoutMs?: number | undefined
  readonly clock?: Clock | undefined
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Gives a gateway group a keyring when it has none, or one without a key: that of its backup, so that a control plane that
 * was rebuilt goes on with the keys that its snapshots need. Only where the backup has none, or has it damaged, it gets a
 * new one. Rejects, with a sentence for the log, when the backup cannot be asked; the group has no keyring then. Of several
 * control planes that find none at the same moment one succeeds, whatever each of them found in the backup. The keys
 * themselves are never told.
 */
export async function ensureKeyring(options: Options): Promise<void> {
  const { store, group, clock = systemClock, logger, signal } = options
  let kept: readonly Entry[] | undefined
  for (;;) {
    const before = await readGroupKeyring(store, group, { signal })
    if (before.keyIds.length > 0) return
    kept ??= await keyringInBackup(options)
    const isKept = keyringOf(kept).keyIds.length > 0
    // When the keys of a backup were made nobody knows.
    const next = isKept
      ? { entries: kept }
      : { entries: withKeyInFront(before.entries, newKey()), createTime: Math.floor(clock.now() / 1000) }
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

/**
 * The same for all groups that there are, in one attempt that is over when one backup would have had its time: to be tried
 * again for the groups that it warns of.
 */
export async function ensureKeyrings({
  backup,
  ...options
}: Omit<Options, 'group' | 'backup'> & {
  readonly backup: (group: string) => SnapshotStore | undefined
}): Promise<void> {
  const { store, logger, timeoutMs = defaultTimeoutMs } = options
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([options.signal, deadline])
  const limited = atMost(groupsAtOnce)
  const groups = await groupNames(store, options.signal)
  const ensure = async (group: string): Promise<void> => {
    try {
      await limited(async () => ensureKeyring({ ...options, signal, group, backup: backup(group) }))
    } catch (error) {
      options.signal.throwIfAborted()
      const reason = deadline.aborted ? 'its backup did not answer in time' : errorText(error)
      logger.warn({ group, reason }, 'the gateway group has no keyring yet')
    }
  }
  await Promise.all(groups.map(ensure))
}

async function keyringInBackup(options: Options): Promise<readonly Entry[]> {
  const { group, backup, timeoutMs = defaultTimeoutMs, logger } = options
  if (backup === undefined) return []
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)])
  try {
    const latest = await backup.instance.latest({ signal })
    if (latest === undefined) return []
    const { entries } = await backup.instance.load(latest.manifest, { signal })
    return entries.filter((entry) => entry.kind === keyringKind)
  } catch (error) {
    options.signal.throwIfAborted()
    if (SnapshotError.isInstance(error) && damage.has(error.code)) {
      logger.warn({ group, reason: errorText(error) }, 'the keyring of the backup is damaged')
      return []
    }
    throw new Error(
      `${backup.name} cannot be asked for the keyring that its snapshots need, and no other is generated (${errorText(error)})`,
      { cause: error },
    )
  }
}
