import type { Domain } from '@outlast/snapshot'
import { domains, type Reasons } from '../domains.ts'

/**
 * What ends a hold, besides that its reason passes:
 * - `accept`: an operator accepts exactly what is held
 * - `resume`: the operator who holds it lets go
 * - `source`: nothing else; the format cannot hold this content
 */
export type HoldEnd = 'accept' | 'resume' | 'source'

/** What a hold is about. Its reason says more, and changes while the source goes on. */
export type HoldCause = 'operator' | 'size' | 'lineage' | 'empty' | 'mass-change'

const ends: Readonly<Record<HoldCause, HoldEnd>> = {
  operator: 'resume',
  size: 'source',
  lineage: 'accept',
  empty: 'accept',
  'mass-change': 'accept',
}

interface Hold {
  readonly cause: HoldCause
  readonly reason: string
  readonly endedBy: HoldEnd
}

/** Why nothing is published, by the domain that gives cause; the other one is held with it. */
export type Holds = Readonly<Partial<Record<Domain, Hold>>>

export function holdsFor(cause: HoldCause, reasons: Reasons): Holds {
  return Object.fromEntries(
    Object.entries(reasons).map(([domain, reason]) => [domain, { cause, reason, endedBy: ends[cause] }]),
  )
}

export function isHeld(holds: Holds): boolean {
  return domains.some((domain) => holds[domain] !== undefined)
}
