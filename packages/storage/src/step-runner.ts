import type { Call } from './run-call.ts'

export interface StepRunner {
  /** Runs a step; the one before must have ended. */
  run<T>(start: () => Promise<T>): Promise<T>
  /** Lets go of the timer and the signal. */
  close(): void
}

/**
 * `runCall` for one step after the other, each with the whole time. Most steps of a listing are a key of a page that has
 * arrived long ago and cost less than a timer and a listener of their own, so all steps share one of each.
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
