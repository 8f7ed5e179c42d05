import { comparePositions, type Position } from '@outlast/snapshot'
import type { Content } from './content.ts'

/** What must be known of a configuration to rank it. */
export interface Offer {
  /** Identity of the lineage that it comes from. */
  readonly identity: string
  /** Epoch 0: not known, because a live source does not tell one. */
  readonly position: Position
  /** Epoch of the configuration that this lineage took over from, with equal content, before its own epoch was known. */
  readonly continues?: number | undefined
  /** Digest over content. */
  readonly digest: string
  readonly empty: boolean
  /** Why the control plane is not to be followed while this is the newest: an operator said so. */
  readonly held?: string | undefined
}

/** A complete configuration that one source offers. */
export interface Candidate extends Offer {
  /** Name of the source. */
  readonly source: string
  /** When it was last known to equal the control plane's configuration, in milliseconds since the Unix epoch. */
  readonly matchedAt?: number | undefined
  /** Which complete load of a live source it descends from: what is of one load follows from each other by changes alone. */
  readonly load?: symbol | undefined
  readonly content: Content
}

export function candidate(told: Omit<Candidate, 'digest' | 'empty'>): Candidate {
  return { ...told, digest: told.content.digest, empty: told.content.empty }
}

/** Highest known epoch per identity. */
export type Epochs = ReadonlyMap<string, number>

/** What these offers tell about the epochs of their lineages. */
export function knownEpochs(offers: Iterable<Offer>): Epochs {
  const epochs = new Map<string, number>()
  for (const { identity, position } of offers) {
    if (position.epoch > (epochs.get(identity) ?? 0)) epochs.set(identity, position.epoch)
  }
  return epochs
}

/**
 * Where an offer stands. An unknown epoch is the newest known one of the same identity, so that the revision
 * decides, but always after the epoch that the lineage took over from; nothing known is 0, below every other.
 *
 * Epochs are settled for all offers first and compared after: comparing pairs by "unknown equals anything of the
 * same identity" would go round in circles among three.
 */
export function settledPosition(offer: Offer, epochs: Epochs): Position {
  const { epoch, revision } = offer.position
  return { epoch: epoch > 0 ? epoch : Math.max(epochs.get(offer.identity) ?? 0, leastEpoch(offer)), revision }
}

/** The least epoch that this lineage can have; 0 when nothing is known about that. */
export function leastEpoch(offer: Pick<Offer, 'continues'>): number {
  return offer.continues === undefined ? 0 : offer.continues + 1
}

/** A total preorder over offers: the higher the newer. */
export function compareOffers(a: Offer, b: Offer, epochs: Epochs): number {
  return comparePositions(settledPosition(a, epochs), settledPosition(b, epochs))
}

/** The highest of them; of equals the first. */
export function newestOffer<T extends Offer>(offers: readonly T[], epochs: Epochs): T | undefined {
  let newest = offers[0]
  for (const offer of offers) {
    if (newest !== undefined && compareOffers(offer, newest, epochs) > 0) newest = offer
  }
  return newest
}
