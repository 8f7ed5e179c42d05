export interface Call {
  /** Handed to the definition; aborted here as soon as a step ends early. */
  readonly controller: AbortController
  readonly signal: AbortSignal | undefined
  /** Of each step. */
  readonly timeoutMs: number
  /** The error to reject with at the deadline. */
  onTimeout(): Error
}

export interface StepRunner {
  /** Runs a step; the one before must have ended. */
  run<T>(start: () => Promise<T>): Promise<T>
  /** Lets go of the timer and the signal. */
  close(): void
}

/**
 * Runs one step after the other, each until it settles, its deadline passes or the caller's signal fires, whichever is
 * first.
 *
 * The answer never waits for a step: SDKs hang for ever, ignore their own time-outs, and ignore signals. The caller is
 * answered before the definition is told, so whatever the SDK makes of the abort (an `AbortError`, a `TimeoutError`, a
 * late result) cannot be taken for the outcome.
 *
 * Most steps of a listing are a key of a page that has arrived long ago and cost less than a timer and a listener of their
 * own, so all steps share one of each.
 */
export function stepRunner(call: Call): StepRunner {
  const { controller, signal, timeoutMs } = call
  let endStep: ((reason: unknown) => void) | undefined
  const endEarly = (reason: unknown): void => {
    endStep?.(reason)
    controller.abort(reason)
  }
  const onAbort = (): void => endEarly(signal?.reason)
  const timer = setTimeout(() => {
    // What the caller does between two steps may take as long as it likes.
    if (endStep !== undefined) endEarly(call.onTimeout())
  }, timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })

  return {
    async run<T>(start: () => Promise<T>): Promise<T> {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      endStep = reject
      timer.ref().refresh()
      // Settling twice is ignored, which is what swallows the late result of an abandoned step.
      start().then(resolve, reject)
      try {
        return await promise
      } finally {
        endStep = undefined
        // A listing that is left in the middle keeps no process alive.
        timer.unref()
      }
    },
    close() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}
