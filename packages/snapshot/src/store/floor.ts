import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { comparePositions, type Position } from '../format/position.ts'

/**
 * What a reader must not go below, so that nobody can take it back by deleting what is newer: validly signed, an old
 * snapshot is still old.
 */
export interface Floor {
  readonly position: Position
  /** Digests of manifests that the reader has served itself: those it may load at any time. */
  readonly served?: ReadonlySet<string> | undefined
}

/**
 * Tells of manifests, from the newest down, which of them may be loaded: those at the floor and above, those that were
 * served, and those that an admitted one was built on. SPEC section 14.
 */
export function floorGate(floor: Floor | undefined): (found: VerifiedManifest) => boolean {
  const reached = new Set<string>()
  return ({ manifest, digest }) => {
    const isAdmitted =
      floor === undefined ||
      comparePositions(manifest.position, floor.position) >= 0 ||
      floor.served?.has(digest) === true ||
      reached.has(digest)
    if (isAdmitted && manifest.previous !== undefined) reached.add(manifest.previous)
    return isAdmitted
  }
}
