import type { Cell, Outage } from './cells.ts'
import { revisions } from './configurations.ts'
import { slowMs } from './outage-control-plane.ts'

/** Names of configurations; `other` is another cluster's, `empty` a first installation's. */
export type Served = keyof typeof revisions | 'other' | 'empty'

/** Why a control plane that answers is not followed. */
type Held = 'empty' | 'older' | 'another identity'

/** What a node comes to, and stays at while everything is as it is. */
export interface Outcome {
  /** Nothing is served in mode `starting`, until something comes back. */
  readonly serves: Served | undefined
  readonly mode: 'starting' | 'live' | 'holding' | 'standalone'
  readonly held: Held | undefined
}

export interface Expected extends Outcome {
  /** What a starting node serves first, and how long after its start. */
  readonly first: { readonly serves: Served; readonly afterMs: number } | undefined
}

const bootTimeoutMs = 2_000

// This is what is promised: to operators, in docs/operations.md, and to the tests. It is made of what is wrong and of nothing
// that a data plane computes.

/** What becomes of a node that starts while this is so. */
export function expectedStart(cell: Cell): Expected {
  const copy = newestCopy(cell)
  const afterMs = isKeptWaiting(cell) ? bootTimeoutMs : 0
  const firstCopy = copy && { serves: copy, afterMs }
  if (cell.controlPlane === 'up') return { first: { serves: 'live', afterMs }, ...following('live') }
  // Later than the boot timeout, but it is the control plane.
  if (cell.controlPlane === 'slow')
    return { first: firstCopy ?? { serves: 'live', afterMs: slowMs }, ...following('live') }
  // Nobody is believed who says something else than the newest good copy.
  const otherwise = copy === undefined ? allThatThereIs(cell) : undefined
  if (otherwise === undefined) return { first: firstCopy, ...servingCopy(cell, copy) }
  return { first: { serves: otherwise, afterMs }, ...following(otherwise) }
}

/** What a control plane says that is believed only because there is no copy, and nobody else. */
function allThatThereIs(cell: Cell): Served | undefined {
  if (cell.controlPlane === 'older') return 'older'
  if (cell.controlPlane === 'other identity') return 'other'
  // That there is nothing is believed only when everybody says that there never was anything.
  return cell.controlPlane === 'empty' && isFirstInstallation(cell) ? 'empty' : undefined
}

/** What becomes of a node that runs already: it goes on with its own control plane, and stays where it is with any other. */
export function expectedRunning({ controlPlane }: Outage, ran: 'live' | 'a snapshot'): Outcome {
  if (controlPlane === 'up' || controlPlane === 'slow') return following('live')
  return { serves: 'running', mode: ran === 'live' ? 'holding' : 'standalone', held: suspicion(controlPlane) }
}

/** The store is back, further on than all but a control plane that is up. All else is as it was. */
export function expectedWithStore({ controlPlane }: Outage): Outcome {
  if (controlPlane === 'up' || controlPlane === 'slow') return following('live')
  return { serves: 'later backup', mode: 'standalone', held: suspicion(controlPlane) }
}

/** The control plane is back; all else is as it was. */
export function expectedWithControlPlane({ serves }: Outcome): Outcome {
  // Which of the two clusters is the right one, only the store can tell.
  return serves === 'other' ? { serves, mode: 'holding', held: 'another identity' } : following('recovered')
}

export function following(serves: Served): Outcome {
  return { serves, mode: 'live', held: undefined }
}

function servingCopy({ controlPlane }: Outage, serves: Served | undefined): Outcome {
  return { serves, mode: serves === undefined ? 'starting' : 'standalone', held: suspicion(controlPlane) }
}

/** The newest that can still be read. A restarted node's own copy is what it ran last. */
function newestCopy({ store, local, node }: Cell): Served | undefined {
  const copies: (keyof typeof revisions)[] = []
  if (store === 'up') copies.push('backup')
  if (store === 'newest damaged') copies.push('earlier backup')
  if (local === 'good' || local === 'read-only') copies.push(node === 'restarted' ? 'running' : 'image')
  return copies.toSorted((left, right) => revisions[right] - revisions[left])[0]
}

/** A start hears everybody, for no longer than the boot timeout. Who refuses has been heard. */
function isKeptWaiting({ controlPlane, store }: Outage): boolean {
  return controlPlane === 'black hole' || controlPlane === 'slow' || store === 'black hole'
}

function isFirstInstallation({ store, local }: Outage): boolean {
  return store === 'empty' && local === 'absent'
}

function suspicion(controlPlane: Cell['controlPlane']): Held | undefined {
  if (controlPlane === 'empty' || controlPlane === 'older') return controlPlane
  return controlPlane === 'other identity' ? 'another identity' : undefined
}
