import type { Domain } from '@outlast/snapshot'
import { domains, type Reasons } from './domains.ts'

/**
 * What ends a hold, besides that its reason passes:
 * - `accept`: an operator accepts exactly what is held
 * - `resume`: the operator who holds it lets go
 * - `source`: nothing else; the format cannot hold this content
 */
export type HoldEnd = 'accept' | 'resume' | 'source'

export interface HoldCause {
  readonly reason: string
  readonly endedBy: HoldEnd
}

/** Why nothing is published, by the domain that gives cause; the other one is held with it. */
export type Holds = Readonly<Partial<Record<Domain, HoldCause>>>

export function holdsFor(reasons: Reasons, endedBy: HoldEnd): Holds {
  return Object.fromEntries(Object.entries(reasons).map(([domain, reason]) => [domain, { reason, endedBy }]))
}

export function isHeld(holds: Holds): boolean {
  return domains.some((domain) => holds[domain] !== undefined)
}
