import { SourceError } from '@outlast/snapshot'

/** Runs with a signal that also ends with any of those given and at the deadline, and leaves neither timer nor listener behind. */
export async function withDeadline<T>(
  options: { readonly timeoutMs: number; readonly signals: readonly (AbortSignal | undefined)[] },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs } = options
  const signals = options.signals.filter((signal) => signal !== undefined)
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(signals.find(({ aborted }) => aborted)?.reason)
  }
  for (const signal of signals) signal.throwIfAborted()
  const timer = setTimeout(() => {
    controller.abort(new SourceError('unavailable', `no answer within ${String(Math.round(timeoutMs))} ms`))
  }, timeoutMs)
  for (const signal of signals) signal.addEventListener('abort', abort, { once: true })
  try {
    return await run(controller.signal)
  } catch (error) {
    controller.signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    for (const signal of signals) signal.removeEventListener('abort', abort)
  }
}
