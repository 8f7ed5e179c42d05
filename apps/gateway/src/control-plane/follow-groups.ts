import type { Clock, Logger } from '@outlast/snapshot'

import { atMost } from '../at-most.ts'
import { errorText } from '../error-text.ts'
import { groupNames, registrationSpan } from './gateway-groups.ts'
import type { ConfigStore } from './store/config-store.ts'

/** How long after a failure it is tried again. */
const retryMs = 5_000

/** How many groups are started or stopped at the same time: each may wait for a backup that is far away. */
const changesAtOnce = 16

/** What a control plane does for one gateway group, until it is told to stop. */
export interface GroupRole {
  readonly start: (group: string) => Promise<void>
  readonly stop: (group: string) => Promise<void>
}

/**
 * Starts a role for every gateway group of the store, and stops it when the group is gone, whichever control plane created
 * or deleted it. A group that takes long, or fails and is tried again, holds up no other. Failures go to the log, and
 * again only for another reason. Resolves some time after the signal, once nothing is being started or stopped; what runs then goes on.
 */
export async function followGroups(options: {
  readonly store: ConfigStore
  readonly role: GroupRole
  readonly logger: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
}): Promise<void> {
  const { store, role, logger, clock, signal } = options
  const limited = atMost(changesAtOnce)
  const running = new Set<string>()
  const changing = new Map<string, Promise<void>>()
  const told = new Map<string, string>()
  let wanted: ReadonlySet<string> = new Set()

  const change = async (group: string, what: keyof GroupRole): Promise<void> => {
    try {
      await limited(async () => role[what](group))
      if (what === 'start') running.add(group)
      else running.delete(group)
      told.delete(group)
    } catch (error) {
      if (signal.aborted) return
      const reason = errorText(error)
      if (told.get(group) !== reason) {
        logger.error({ group, change: what, reason }, 'a gateway group could not be followed')
      }
      told.set(group, reason)
      await clock.sleep(retryMs, { signal }).catch(() => undefined)
    }
  }

  /** Sees that the group is as it should be by now; when something is under way, once that has ended. */
  const settle = (group: string): void => {
    if (signal.aborted || changing.has(group) || wanted.has(group) === running.has(group)) return
    const done = change(group, wanted.has(group) ? 'start' : 'stop').then(() => {
      changing.delete(group)
      settle(group)
    })
    changing.set(group, done)
  }

  while (!signal.aborted) {
    try {
      const startRevision = (await store.revision({ signal })) + 1
      wanted = new Set(await groupNames(store, signal))
      for (const group of new Set([...running, ...wanted])) settle(group)
      await nextChange(store, startRevision, signal)
    } catch (error) {
      if (signal.aborted) break
      logger.error({ reason: errorText(error) }, 'the list of gateway groups could not be read')
      await clock.sleep(retryMs, { signal }).catch(() => undefined)
    }
  }
  await Promise.all(changing.values())
}

/** Resolves once there may be other groups. */
async function nextChange(store: ConfigStore, startRevision: number, signal: AbortSignal): Promise<void> {
  for await (const batch of store.watch({ keys: registrationSpan, startRevision, signal })) {
    if (batch.type === 'compacted' || batch.events.length > 0) return
  }
}
