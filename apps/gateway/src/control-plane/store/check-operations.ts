import type { TransactionOptions } from './config-store.ts'
import { StoreError } from './store-error.ts'

/** As etcd's default. */
const maximumOperations = 128
/** One less: a store on etcd adds a comparison of its own. */
const maximumComparisons = 127

/** Throws `invalid-argument` for what no store takes. */
export function checkOperations({
  compare = [],
  operations,
}: Pick<TransactionOptions, 'compare' | 'operations'>): void {
  if (operations.length > maximumOperations || compare.length > maximumComparisons) {
    throw new StoreError(
      'invalid-argument',
      `A transaction takes at most ${maximumOperations} operations and ${maximumComparisons} comparisons`,
    )
  }
  const keys = new Set(operations.map((operation) => operation.key))
  if (keys.size !== operations.length) {
    throw new StoreError('invalid-argument', 'A transaction changes each key at most once')
  }
  for (const key of keys) {
    // In ASCII the order of bytes, of JavaScript strings and of SQLite are one and the same.
    if (!/^\/[!-~]{0,1023}$/.test(key)) {
      throw new StoreError('invalid-argument', 'A key is a slash and up to 1,023 more printable ASCII characters')
    }
  }
}
