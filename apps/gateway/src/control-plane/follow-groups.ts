import type { Clock, Logger } from '@outlast/snapshot'

import { errorText } from '../error-text.ts'
import { groupNames, registrationSpan } from './gateway-groups.ts'
import type { ConfigStore } from './store/config-store.ts'

/** How long after a failure it is tried again. */
const retryMs = 5_000

/** What a control plane does for one gateway group, until it is told to stop. */
export interface GroupRole {
  readonly start: (group: string) => Promise<void>
  readonly stop: (group: string) => Promise<void>
}

/**
 * Starts a role for every gateway group of the store, and stops it when the group is gone, whichever control plane created
 * or deleted it. Failures go to the log and are tried again. Resolves when the signal fires; what runs then goes on.
 */
export async function followGroups(options: {
  readonly store: ConfigStore
  readonly role: GroupRole
  readonly logger: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
}): Promise<void> {
  const { store, role, logger, clock, signal } = options
  const running = new Set<string>()

  /** Whether all is as it should be. */
  const settle = async (): Promise<boolean> => {
    const wanted = new Set(await groupNames(store, signal))
    const changes = [
      ...[...running].filter((group) => !wanted.has(group)).map((group) => ({ group, change: 'stop' as const })),
      ...[...wanted].filter((group) => !running.has(group)).map((group) => ({ group, change: 'start' as const })),
    ]
    let settled = true
    for (const { group, change } of changes) {
      try {
        await role[change](group)
        if (change === 'start') running.add(group)
        else running.delete(group)
      } catch (error) {
        if (signal.aborted) return false
        logger.error({ group, change, reason: errorText(error) }, 'a gateway group could not be followed')
        settled = false
      }
    }
    return settled
  }

  while (!signal.aborted) {
    try {
      const startRevision = (await store.revision({ signal })) + 1
      if (await settle()) await nextChange(store, startRevision, signal)
      else await clock.sleep(retryMs, { signal })
    } catch (error) {
      if (signal.aborted) return
      logger.error({ reason: errorText(error) }, 'the list of gateway groups could not be read')
      await clock.sleep(retryMs, { signal }).catch(() => undefined)
    }
  }
}

/** Resolves once there may be other groups. */
async function nextChange(store: ConfigStore, startRevision: number, signal: AbortSignal): Promise<void> {
  for await (const batch of store.watch({ keys: registrationSpan, startRevision, signal })) {
    if (batch.type === 'compacted' || batch.events.length > 0) return
  }
}
