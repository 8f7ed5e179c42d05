import { type Clock, type Domain, type Logger, type NewestVerdict, type SnapshotStore } from '@outlast/snapshot'
import { domains } from '../domains.ts'
import { periodicTask, type TaskStatus } from './periodic-task.ts'

/** `lastSuccessAt` is when everything was last found to be there. */
export interface VerificationStatus extends TaskStatus {
  /** What the last look has found; nothing for a domain that has no snapshot, or was not looked at yet. */
  readonly domains: Readonly<Record<Domain, NewestVerdict | undefined>>
}

/** Looks through the newest snapshots from time to time, and asks for an export when something is lost. */
export interface VerifiedKeeper {
  start(): void
  stop(): Promise<void>
  status(): VerificationStatus
}

export function keepVerified(options: {
  readonly store: SnapshotStore
  readonly everyMs: number
  /** The next export will make it good. */
  readonly onLost: () => void
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
}): VerifiedKeeper {
  const { store, everyMs, onLost, clock, logger, random } = options
  const { group } = store
  const verdicts: Record<Domain, NewestVerdict | undefined> = { instance: undefined, resources: undefined }

  const verify = async (domain: Domain, signal: AbortSignal | undefined): Promise<boolean> => {
    const before = verdicts[domain]
    const verdict = await store[domain].verifyNewest({ signal })
    verdicts[domain] = verdict
    const isWhole = verdict === undefined || problemsOf(verdict) === 0
    const { sequence } = verdict ?? {}
    if (!isWhole)
      logger.warn({ group, domain, ...verdict }, 'the newest snapshot is not whole; the next export repairs it')
    else if (before && problemsOf(before) > 0)
      logger.info({ group, domain, sequence }, 'the newest snapshot is whole again')
    return isWhole
  }

  const task = periodicTask({
    everyMs,
    // Exporters that start together do not read all at once; and the first export has just looked.
    firstAfterMs: random() * everyMs,
    // Each time everything is read again, so not often.
    retry: { firstMs: Math.min(10_000, everyMs), limitMs: everyMs },
    clock,
    random,
    work: async (signal) => {
      let isWhole = true
      for (const domain of domains) isWhole = (await verify(domain, signal)) && isWhole
      if (isWhole) return 'well'
      onLost()
      return 'again'
    },
    onFailure: (error) => {
      logger.warn({ group, error }, 'the newest snapshot could not be verified')
    },
  })
  return { ...task, status: () => ({ ...task.status(), domains: verdicts }) }
}

function problemsOf({ missing, damaged, unusable }: NewestVerdict): number {
  return missing + damaged + unusable
}
