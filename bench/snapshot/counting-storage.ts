import { memoryStorage, type StorageAdapter } from '@outlast/storage'

/** A store in memory, without latency, that counts what is written to it. */
export interface CountingStorage extends StorageAdapter {
  bytesPut: number
  /** Deletes all objects. */
  empty(): Promise<void>
}

export function countingStorage(): CountingStorage {
  const memory = memoryStorage()
  const counting: CountingStorage = {
    ...memory,
    bytesPut: 0,
    put: async (key, bytes, options) => {
      counting.bytesPut += bytes.byteLength
      return memory.put(key, bytes, options)
    },
    async empty() {
      for await (const key of memory.list('')) await memory.delete(key)
    },
  }
  return counting
}
