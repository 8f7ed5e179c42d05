import { SourceError } from '@outlast/snapshot'

import { StoreError } from '../store-error.ts'

/** What the etcd client throws, as the error of stores. Names endpoints and etcd's own words, which hold no content. */
export function mapEtcdError(error: unknown): unknown {
  return SourceError.isInstance(error) ? new StoreError('unavailable', error.message, { cause: error }) : error
}
