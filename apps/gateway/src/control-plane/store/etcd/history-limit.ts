import type { Logger } from '@outlast/snapshot'

import { errorText } from '../../../error-text.ts'
import { StoreError } from '../store-error.ts'

/**
 * Has history compacted now and then, so that about `keepRevisions` are kept. To be told of every write; resolves when that
 * is done, if it is due, and never rejects: the write has been acknowledged, and the next one tries again.
 */
export function historyLimit(options: {
  readonly keepRevisions: number
  readonly compact: (revision: number) => Promise<void>
  readonly logger: Logger
}): (revision: number) => Promise<void> {
  const { keepRevisions, compact, logger } = options
  const compactEvery = Math.max(1, Math.floor(keepRevisions / 10))
  let compactedTo = 0
  let isBusy = false

  return async (revision) => {
    const target = revision - keepRevisions
    // Another store, with a history of its own.
    if (target < compactedTo - keepRevisions) compactedTo = 0
    if (isBusy || target - compactedTo < compactEvery) return
    isBusy = true
    try {
      await compact(target)
      compactedTo = target
    } catch (error) {
      // Another control plane was faster.
      if (StoreError.isInstance(error) && error.code === 'compacted') compactedTo = target
      else logger.warn({ error: errorText(error) }, 'compaction failed')
    } finally {
      isBusy = false
    }
  }
}
