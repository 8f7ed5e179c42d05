import type { DataPlane } from '@outlast/dataplane'
import type { StorageAdapter } from '@outlast/storage'

/**
 * Resolves when a configuration is in effect, or the signal is aborted. A node that has nothing at all, and no source that
 * will ever answer, is a mistake in the file, not an outage: then it throws what `mistake` resolves with. A node with
 * anything on its disk goes on trying, whatever its sources say.
 */
export async function startOrExplain(options: {
  readonly dataPlane: DataPlane
  readonly local: StorageAdapter
  readonly signal: AbortSignal
  /** Resolves with what is wrong with all sources, or `undefined`. */
  readonly mistake: () => Promise<unknown>
  /** Whether what is wrong there is still what the file says. */
  readonly isCurrent: () => boolean
}): Promise<void> {
  const { dataPlane, local, signal, mistake, isCurrent } = options
  const started = dataPlane.start({ signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  const hopeless = mistake().then(async (found) => ((await holdsNothing(local, signal)) ? found : undefined))
  const found = await Promise.race([started, hopeless])
  if (found !== undefined && isCurrent() && !signal.aborted && !dataPlane.status().ready) throw found
  return started
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
