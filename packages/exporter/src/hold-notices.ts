import { errorMessage, type Domain, type Logger } from '@outlast/snapshot'
import type { DescribedChanges } from './describe-changes.ts'
import type { CycleResult } from './export-cycle.ts'
import { domains, type Holds } from './domains.ts'

export interface HeldNotice {
  readonly reason: string
  readonly domain: Domain
  readonly diff: DescribedChanges
}

/** Tells about a hold once, when it begins or changes its reason, and about its end. */
export interface HoldNotices {
  update(result: Exclude<CycleResult, { status: 'lost' }>): Promise<void>
}

export function holdNotices(options: {
  readonly group: string
  readonly logger: Logger
  readonly onHeld: (notice: HeldNotice) => void
}): HoldNotices {
  const { group, logger, onHeld } = options
  let told: Holds = {}

  return {
    update: async (result) => {
      const holds = result.status === 'held' ? result.holds : {}
      const before = told
      told = holds
      for (const domain of domains) {
        const reason = holds[domain]
        if (reason === before[domain]) continue
        if (reason === undefined || result.status !== 'held') {
          logger.info({ group, domain }, 'the export is no longer held')
          continue
        }
        const diff = await result.comparison.describe(domain).catch((error: unknown): DescribedChanges => {
          // Nobody should miss a hold because the snapshot cannot be read just now.
          logger.warn({ group, domain, error: errorMessage(error) }, 'what is held could not be compared')
          return { upserted: [], removed: [], summary: 'could not be compared with the snapshot' }
        })
        logger.warn({ group, domain, reason, summary: diff.summary }, 'the export is held')
        onHeld({ reason, domain, diff })
      }
    },
  }
}
