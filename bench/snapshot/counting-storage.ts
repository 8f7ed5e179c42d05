import { memoryStorage, type StorageAdapter } from '@outlast/storage'

/** A store in memory, without latency, that counts what is written to it. */
export interface CountingStorage extends StorageAdapter {
  bytesPut: number
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
  }
  return counting
}
