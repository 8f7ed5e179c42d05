import { defineStorage, memoryStorage, StorageError, type StorageAdapter } from '@outlast/storage'

/** A memory store in which objects can be as large as its owner likes, without anybody's memory being spent on that. */
export interface OversizedStorage extends StorageAdapter {
  /** What each `get` has asked for, by its key. */
  readonly asked: { readonly key: string; readonly maximumBytes: number }[]
  /** How many bytes have been read of objects that are too large. */
  readonly wasted: () => number
  /** Makes an object as large as this, or puts one there. */
  inflate(key: string, bytes: number): Promise<void>
}

export function oversizedStorage(): OversizedStorage {
  const inner = memoryStorage()
  const sizes = new Map<string, number>()
  const asked: OversizedStorage['asked'] = []
  let wasted = 0
  const storage = defineStorage({
    name: 'memory:',
    capabilities: { createOnly: true },
    async get(key, options) {
      const { maximumBytes } = options
      asked.push({ key, maximumBytes })
      const size = sizes.get(key)
      if (size === undefined) return inner.get(key, options)
      if (size > maximumBytes) throw new StorageError({ code: 'too-large', message: `"${key}" has ${size} bytes` })
      wasted += size
      return { bytes: new Uint8Array(size), etag: `"${size}"` }
    },
    async put(key, bytes, options) {
      const etag = await inner.put(key, bytes, options)
      sizes.delete(key)
      return etag
    },
    list: (prefix, options) => inner.list(prefix, options),
    async delete(key, options) {
      await inner.delete(key, options)
      sizes.delete(key)
    },
  })
  return {
    ...storage,
    asked,
    wasted: () => wasted,
    async inflate(key, bytes) {
      await inner.put(key, new Uint8Array())
      sizes.set(key, bytes)
    },
  }
}
