export interface Call {
  /** Handed to the definition; aborted here as soon as the call ends early. */
  readonly controller: AbortController
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  /** The error to reject with at the deadline. */
  onTimeout(): Error
}

/**
 * Runs `start` until it settles, the deadline passes or the caller's signal fires, whichever is first.
 *
 * The answer never waits for `start`: SDKs hang for ever, ignore their own time-outs, and ignore signals.
 * The caller is answered before the definition is told, so whatever the SDK makes of the abort (an
 * `AbortError`, a `TimeoutError`, a late result) cannot be taken for the outcome.
 */
export async function runCall<T>(call: Call, start: () => Promise<T>): Promise<T> {
  const { controller, signal, timeoutMs } = call
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<T>()

  const endEarly = (reason: unknown): void => {
    reject(reason)
    controller.abort(reason)
  }
  const onAbort = (): void => endEarly(signal?.reason)
  const timer = setTimeout(() => endEarly(call.onTimeout()), timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })

  // Settling twice is ignored, which is what swallows the late result of an abandoned call.
  start().then(resolve, reject)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
