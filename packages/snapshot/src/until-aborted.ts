/** The promise's result, or a rejection with the signal's reason as soon as it is aborted, whatever the promise does. */
export async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return await promise
  if (signal.aborted) {
    // Nobody waits for it any more, so that its failure must not be an unhandled one.
    promise.catch(() => {})
    signal.throwIfAborted()
  }
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => {
    aborted.reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
