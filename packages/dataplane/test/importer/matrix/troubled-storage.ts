import type { Clock } from '@outlast/snapshot'
import { defineStorage, StorageError, type StorageAdapter, type StorageErrorCode } from '@outlast/storage'

export type Trouble = 'down' | 'black hole' | '403' | 'read-only'

/** As of every adapter, but on the clock of the test. */
const deadlineMs = 10_000

/** The same storage while nothing is wrong with it. */
export function troubledStorage(
  adapter: StorageAdapter,
  { clock, trouble }: { readonly clock: Clock; readonly trouble: () => Trouble | undefined },
): StorageAdapter {
  const fail = (code: StorageErrorCode, message: string): never => {
    throw new StorageError({ code, message: `${adapter.name}: ${message}`, storage: adapter.name })
  }
  const begin = async (signal: AbortSignal, isWrite = false): Promise<void> => {
    const wrong = trouble()
    if (wrong === 'down') fail('unavailable', 'connect ECONNREFUSED')
    if (wrong === '403') fail('denied', 'access denied')
    if (wrong === 'read-only' && isWrite) fail('denied', 'the file system is read-only')
    if (wrong !== 'black hole') return
    await clock.sleep(deadlineMs, { signal })
    fail('timeout', `no answer within ${deadlineMs} ms`)
  }
  return defineStorage({
    name: adapter.name,
    capabilities: adapter.capabilities,
    async get(key, options) {
      await begin(options.signal)
      return adapter.get(key, options)
    },
    async put(key, bytes, options) {
      await begin(options.signal, true)
      return adapter.put(key, bytes, options)
    },
    async *list(prefix, options) {
      await begin(options.signal)
      yield* adapter.list(prefix, options)
    },
    async delete(key, options) {
      await begin(options.signal, true)
      return adapter.delete(key, options)
    },
  })
}
