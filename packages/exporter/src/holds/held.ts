import {
  errorMessage,
  type ApprovalSubject,
  type Clock,
  type Domain,
  type EntryRef,
  type Logger,
} from '@outlast/snapshot'
import type { DescribedChanges } from '../guards/describe-changes.ts'
import { domains } from '../domains.ts'
import type { CycleResult } from '../export-cycle.ts'
import type { HoldCause, HoldEnd } from './holds.ts'

/** Why nothing is published in a domain, for status. Names entries, and never holds their values. */
export interface Held {
  readonly reason: string
  /** What it is about: the same for as long as the hold is; absent in a domain that is only held because the other one is. */
  readonly cause?: HoldCause | undefined
  /** Since when this exporter has held it, for whichever reason; milliseconds since the Unix epoch. */
  readonly since: number
  /** What ends it, besides that the reason passes; absent like `cause`. */
  readonly endedBy?: HoldEnd | undefined
  /** What would happen to the snapshot, in one sentence; absent like `cause`. */
  readonly summary?: string | undefined
  readonly changes?: HeldChanges | undefined
  /** What an accept would be good for. */
  readonly candidate?: ApprovalSubject | undefined
}

export interface HeldChanges {
  readonly removed: HeldEntries
  readonly changed: HeldEntries
  readonly added: HeldEntries
}

export interface HeldEntries {
  readonly counts: { readonly [kind: string]: number }
  /** The first hundred. */
  readonly entries: readonly EntryRef[]
}

/** With what was compared, for whoever is told of it at once. */
export type DescribedHold = Held & { readonly diff?: DescribedChanges | undefined }

export type HeldDomains = Readonly<Partial<Record<Domain, DescribedHold>>>

/** Knows what is held, and since when. */
export interface HeldRecord {
  /** What this cycle means. Never rejects. */
  update(result: Exclude<CycleResult, { status: 'lost' }>): Promise<HeldDomains>
}

const shownEntries = 100

export function heldRecord(options: {
  readonly group: string
  readonly clock: Clock
  readonly logger: Logger
}): HeldRecord {
  const { group, clock, logger } = options
  let current: HeldDomains = {}

  /** `undefined` when that cannot be told just now: nobody should miss a hold because the snapshot cannot be read. */
  const compared = async (
    domain: Domain,
    result: Extract<CycleResult, { status: 'held' }>,
  ): Promise<DescribedChanges | undefined> => {
    // What the format cannot hold cannot be laid out beside a snapshot.
    if (result.holds[domain]?.endedBy === 'source') return undefined
    try {
      return await result.comparison.describe(domain)
    } catch (error) {
      logger.warn({ group, domain, error: errorMessage(error) }, 'what is held could not be compared')
      return undefined
    }
  }

  return {
    update: async (result) => {
      const next: Partial<Record<Domain, DescribedHold>> = {}
      for (const domain of domains) {
        const outcome = result.outcome[domain]
        if (result.status !== 'held' || outcome.status !== 'held') continue
        const { reason } = outcome
        const since = current[domain]?.since ?? clock.now()
        const hold = result.holds[domain]
        if (hold === undefined) {
          next[domain] = { reason, since }
          continue
        }
        const { cause, endedBy } = hold
        const candidate = result.candidates[domain]
        const diff = await compared(domain, result)
        const summary = diff?.summary ?? 'could not be compared with the snapshot'
        next[domain] = { reason, since, endedBy, summary, changes: diff && shown(diff), candidate, cause, diff }
      }
      current = next
      return next
    },
  }
}

function shown({ removed, changed, added }: DescribedChanges): HeldChanges {
  return { removed: listed(removed), changed: listed(changed), added: listed(added) }
}

function listed(refs: readonly EntryRef[]): HeldEntries {
  const counts = Map.groupBy(refs, ({ kind }) => kind)
  return {
    // Not by assignment: a kind may have any name, `__proto__` too.
    counts: Object.fromEntries(Array.from(counts, ([kind, { length }]) => [kind, length])),
    entries: refs.slice(0, shownEntries).map(({ kind, id }) => ({ kind, id })),
  }
}
