import { hash } from 'node:crypto'

import type { StoreEvent } from '../config-store.ts'
import { revisionOf } from '../store-event.ts'

/** What happened at one revision, to be recognised when it is told again. */
export interface RevisionMark {
  readonly revision: number
  readonly digest: string
}

/** That of the last revision; `undefined` for no events. */
export function lastMark(events: readonly StoreEvent[]): RevisionMark | undefined {
  const last = events.at(-1)
  return last && { revision: revisionOf(last), digest: digestOf(events, revisionOf(last)) }
}

/** Whether the same happened then. */
export function bears(events: readonly StoreEvent[], mark: RevisionMark): boolean {
  return digestOf(events, mark.revision) === mark.digest
}

function digestOf(events: readonly StoreEvent[], revision: number): string {
  return hash('sha256', JSON.stringify(events.filter((event) => revisionOf(event) === revision)))
}
