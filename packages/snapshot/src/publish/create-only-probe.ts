import { StorageError } from '@outlast/storage'
import { writable, type DomainContext, type SignalOptions } from '../store/domain-context.ts'
import { SnapshotError } from '../snapshot-error.ts'

const intervalMs = 3_600_000

/**
 * Makes sure that the store refuses to create what is there already: several servers take the condition and
 * ignore it. One small object, made once and never deleted, so that publishers can probe at the same time
 * and need no permission to delete. SPEC section 2.
 *
 * Resolves at once when the last proof is less than an hour old; rejects with `create-only-not-enforced`.
 */
export function createOnlyProbe(context: DomainContext): (options?: SignalOptions) => Promise<void> {
  const { layout, clock } = context
  let provedAt = Number.NEGATIVE_INFINITY

  return async (options = {}) => {
    const storage = writable(context)
    if (Math.abs(clock.now() - provedAt) < intervalMs) return
    const refuses = async (): Promise<boolean> => {
      try {
        const bytes = Buffer.from('{"purpose":"proves that this store refuses to create what exists"}')
        await storage.put(layout.probe, bytes, { ...options, ifAbsent: true })
        return false
      } catch (error) {
        if (StorageError.isInstance(error) && error.code === 'already-exists') return true
        throw error
      }
    }
    // The first attempt creates the object, unless that was done long ago; the second must be refused.
    if (!storage.capabilities.createOnly || !((await refuses()) || (await refuses()))) {
      throw new SnapshotError(
        'create-only-not-enforced',
        `${storage.name} does not enforce create-only writes, so publishers could overwrite each other`,
      )
    }
    provedAt = clock.now()
  }
}
