import { SourceError } from '@outlast/snapshot'

/** Runs with a signal that also ends at the deadline, and leaves neither timer nor listener behind. */
export async function withDeadline<T>(
  options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, signal } = options
  signal?.throwIfAborted()
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(signal?.reason)
  }
  const timer = setTimeout(() => {
    controller.abort(new SourceError('unavailable', `no answer within ${String(timeoutMs)} ms`))
  }, timeoutMs)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await run(controller.signal)
  } catch (error) {
    controller.signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
