import { comparePositions, type Floor } from '@outlast/snapshot'
import type { DomainFloor } from './floor-note.ts'

/** A snapshot of a store, as far as floors are concerned. */
export interface ServedSnapshot {
  /** Changes with the snapshot. */
  readonly key: string
  readonly resources: ServedManifest
  readonly instance?: ServedManifest | undefined
}

export type ServedManifest = Pick<Floor, 'position'> & { readonly digest?: string | undefined }

const maximumServed = 64

/** The floor once this has been in effect for long enough; the same object when that changes nothing. */
export function raised(floor: DomainFloor | undefined, served: ServedManifest | undefined): DomainFloor | undefined {
  if (served === undefined) return floor
  if (floor === undefined) return withServed({ position: served.position, served: [] }, served)
  const isHigher = comparePositions(served.position, floor.position) > 0
  return withServed(isHigher ? { ...floor, position: served.position } : floor, served)
}

/** The floor once this has been in effect: it may be read again; the same object when that is known. */
export function withServed(floor: DomainFloor, served: ServedManifest | undefined): DomainFloor {
  const digest = served?.digest
  if (digest === undefined || floor.served.includes(digest)) return floor
  return { ...floor, served: [...floor.served, digest].slice(-maximumServed) }
}
