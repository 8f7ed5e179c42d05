import { untilAborted } from '@outlast/snapshot'

/** Iterates until the signal is aborted, and then throws its reason even if the iterable never wakes up. */
export async function* iterateUntilAborted<T>(
  iterable: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  const iterator = iterable[Symbol.asyncIterator]()
  try {
    for (;;) {
      signal.throwIfAborted()
      const result = await untilAborted(iterator.next(), signal)
      if (result.done === true) return
      yield result.value
    }
  } finally {
    // Not awaited: an iterator that hangs would hang its end too.
    iterator.return?.().catch(() => {})
  }
}
