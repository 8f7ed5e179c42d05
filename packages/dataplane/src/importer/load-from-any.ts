import { errorMessage } from '@outlast/snapshot'
import type { Candidate } from './candidate.ts'
import type { StoreFollower } from './store-follower.ts'

/**
 * The snapshot with this number from the first store that answers with it, whole; with `digest` only if that is the digest
 * of its content, because another store may have another snapshot under this number. Rejects with what every store said.
 */
export async function loadFromAny(
  stores: readonly StoreFollower[],
  sequence: number,
  { digest, signal }: { readonly digest?: string | undefined; readonly signal: AbortSignal },
): Promise<Candidate> {
  const loads = stores.map(async (store) => {
    const offer = await store.load(sequence, signal)
    if (digest !== undefined && offer.digest !== digest)
      throw new Error('the store has another snapshot under this number')
    return offer
  })
  try {
    return await Promise.any(loads)
  } catch (error) {
    const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
    const reasons = failures.map((failure) => errorMessage(failure)).join('; ')
    throw new Error(`snapshot ${sequence} cannot be loaded: ${reasons || 'there is no store'}`, { cause: error })
  }
}
