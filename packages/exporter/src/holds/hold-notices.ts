import type { Domain, EntryChanges, Logger } from '@outlast/snapshot'
import type { DescribedChanges } from '../guards/describe-changes.ts'
import { domains } from '../domains.ts'
import type { HeldDomains } from './held.ts'

export interface HeldNotice {
  readonly reason: string
  readonly domain: Domain
  readonly diff: EntryChanges & { readonly summary: string }
}

/** Tells about a hold once, when it begins or is about something else, and about its end. */
export interface HoldNotices {
  update(held: HeldDomains): void
}

export function holdNotices(options: {
  readonly group: string
  readonly logger: Logger
  readonly onHeld: (notice: HeldNotice) => void
}): HoldNotices {
  const { group, logger, onHeld } = options
  let told: HeldDomains = {}

  return {
    update: (held) => {
      const before = told
      told = held
      for (const domain of domains) {
        const next = held[domain]
        // What is only held because the other domain is has no cause, and needs no telling. A reason that only goes along
        // with a busy source does not either: whoever is told may be woken by it.
        if (next?.cause === before[domain]?.cause) continue
        if (next?.cause === undefined) {
          logger.info({ group, domain }, 'the export is no longer held')
          continue
        }
        const { reason, summary = '', diff } = next
        logger.warn({ group, domain, reason, summary }, 'the export is held')
        onHeld({ reason, domain, diff: changesIn(diff, summary) })
      }
    },
  }
}

function changesIn(diff: DescribedChanges | undefined, summary: string): HeldNotice['diff'] {
  const { changed = [], added = [], removed = [] } = diff ?? {}
  return { upserted: [...changed, ...added], removed, summary }
}
