import { provesCreateOnly } from '@outlast/storage'
import { writable, type DomainContext, type SignalOptions } from '../store/domain-context.ts'
import { SnapshotError } from '../snapshot-error.ts'

const intervalMs = 3_600_000

/**
 * Makes sure that the store refuses to create what is there already: several servers take the condition and
 * ignore it. One small object for all publishers of a domain, which needs no permission to delete. SPEC section 2.
 *
 * Resolves at once when the last proof is less than an hour old; rejects with `create-only-not-enforced`.
 */
export function createOnlyProbe(context: DomainContext): (options?: SignalOptions) => Promise<void> {
  const { layout, clock } = context
  let provedAt = Number.NEGATIVE_INFINITY

  return async (options = {}) => {
    const storage = writable(context)
    if (Math.abs(clock.now() - provedAt) < intervalMs) return
    if (!(await provesCreateOnly(storage, layout.probe, options))) {
      throw new SnapshotError(
        'create-only-not-enforced',
        `${storage.name} does not enforce create-only writes, so publishers could overwrite each other`,
      )
    }
    provedAt = clock.now()
  }
}
