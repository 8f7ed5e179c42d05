import type { ListOptions, StorageAdapter } from './storage-adapter.ts'

export interface ResumedListOptions extends ListOptions {
  readonly adapter: StorageAdapter
  readonly prefix: string
  /** Repeats an attempt until it succeeds or there is no point any more; attempts count from 1. */
  readonly run: <T>(signal: AbortSignal | undefined, attempt: (number: number) => Promise<T>) => Promise<T>
}

/** A listing that, when it breaks off, is opened again after the last key that it gave. */
export async function* resumedList(options: ResumedListOptions): AsyncGenerator<string, void, undefined> {
  const { adapter, run, prefix, signal } = options
  let { after, limit } = options
  const open = (): AsyncIterator<string> => adapter.list(prefix, { after, limit, signal })[Symbol.asyncIterator]()
  let iterator = open()
  const next = async (attempt: number): Promise<IteratorResult<string, unknown>> => {
    if (attempt > 1) iterator = open()
    return iterator.next()
  }
  try {
    for (;;) {
      const result = await run(signal, next)
      if (result.done) return
      after = result.value
      if (limit !== undefined) limit -= 1
      yield result.value
    }
  } finally {
    await iterator.return?.()
  }
}
