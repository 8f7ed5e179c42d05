import type { Manifest } from '@outlast/snapshot'

/** How an export of one domain ended. */
export type DomainOutcome =
  | { readonly status: 'published'; readonly manifest: Manifest }
  | { readonly status: 'unchanged'; readonly manifest: Manifest }
  /** The guard refuses to replace a good backup. */
  | { readonly status: 'held'; readonly reason: string }
  /** The source has never had any content, and neither has the store. */
  | { readonly status: 'empty' }

export interface ExportOutcome {
  readonly instance: DomainOutcome
  readonly resources: DomainOutcome
}
