/** Iterates until the signal is aborted, and then throws its reason even if the iterable never wakes up. */
export async function* untilAborted<T>(iterable: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  const iterator = iterable[Symbol.asyncIterator]()
  try {
    for (;;) {
      signal.throwIfAborted()
      const result = await orAborted(iterator.next(), signal)
      if (result.done === true) return
      yield result.value
    }
  } finally {
    // Not awaited: an iterator that hangs would hang its end too.
    iterator.return?.().catch(() => {})
  }
}

/** With a promise for this step alone: one that lives as long as the signal would keep every result that it raced against. */
async function orAborted<T>(step: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([step, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
