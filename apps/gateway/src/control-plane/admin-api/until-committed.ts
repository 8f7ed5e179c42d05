import type { TransactionResult } from '../store/config-store.ts'
import { AdminError } from './admin-error.ts'

/** How often a write is tried again when another process changed what it is about. */
const maximumAttempts = 5

/**
 * Tries until a transaction is committed: each attempt reads anew what it is about, and compares that it is still so. Throws
 * 503, as APISIX answers, when others are faster again and again.
 */
export async function untilCommitted<T extends { readonly result: TransactionResult }>(
  attempt: () => Promise<T>,
): Promise<T> {
  for (let attempts = 0; attempts < maximumAttempts; attempts += 1) {
    const done = await attempt()
    if (done.result.status === 'committed') {
      return done
    }
  }
  throw new AdminError(503, 'value changed before overwritten')
}
