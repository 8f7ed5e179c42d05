import type { Manifest } from '@outlast/snapshot'

export interface PublishedOutcome {
  readonly status: 'published'
  readonly manifest: Manifest
  /** Parts and manifest, as stored. */
  readonly uploadedBytes: number
  readonly uploadedParts: number
  readonly reusedParts: number
}

/** How an export of one domain ended. */
export type DomainOutcome =
  | PublishedOutcome
  | { readonly status: 'unchanged'; readonly manifest: Manifest }
  /** The guard refuses to replace a good backup. */
  | { readonly status: 'held'; readonly reason: string }
  /** The source has never had any content, and neither has the store. */
  | { readonly status: 'empty' }

export interface ExportOutcome {
  readonly instance: DomainOutcome
  readonly resources: DomainOutcome
}
