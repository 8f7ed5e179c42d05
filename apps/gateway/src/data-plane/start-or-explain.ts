import type { DataPlane } from '@outlast/dataplane'
import { StorageError, type StorageAdapter } from '@outlast/storage'

/**
 * Resolves when a configuration is in effect, or the signal is aborted. A node that has nothing at all, and a store that
 * will never answer, is a mistake in the file, not an outage: then it throws what `check` found. A node with anything on
 * its disk goes on trying, whatever its stores say.
 */
export async function startOrExplain(options: {
  readonly dataPlane: DataPlane
  readonly local: StorageAdapter
  readonly signal: AbortSignal
  readonly check: () => Promise<void>
  readonly isCurrent: () => boolean
}): Promise<void> {
  const { dataPlane, local, signal, check, isCurrent } = options
  const started = dataPlane.start({ signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  const mistake = check().then(
    () => undefined,
    async (error: unknown) => (isPassing(error) || !(await holdsNothing(local, signal)) ? undefined : error),
  )
  const found = await Promise.race([started, mistake])
  if (found !== undefined && isCurrent() && !signal.aborted && !dataPlane.status().ready) throw found
  return started
}

// Outages end by themselves; wrong keys and missing buckets do not.
function isPassing(error: unknown): boolean {
  return error instanceof Error && StorageError.isInstance(error.cause) && error.cause.retryable
}

/** A disk that cannot be read may hold something. */
async function holdsNothing(local: StorageAdapter, signal: AbortSignal): Promise<boolean> {
  try {
    const { done } = await local.list('', { limit: 1, signal })[Symbol.asyncIterator]().next()
    return done === true
  } catch {
    return false
  }
}
