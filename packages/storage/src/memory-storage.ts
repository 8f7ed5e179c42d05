import { compareKeys } from './compare-keys.ts'
import { defineStorage } from './define-storage.ts'
import type { StorageAdapter, StoredObject } from './storage-adapter.ts'
import { StorageError } from './storage-error.ts'

export interface MemoryStorageOptions {
  /** Name for logs and errors. Default `memory:`. */
  readonly name?: string | undefined
}

/** A store that lives as long as the object: for tests, demonstrations, and as the shortest complete adapter. */
export function memoryStorage(options: MemoryStorageOptions = {}): StorageAdapter {
  const objects = new Map<string, StoredObject>()
  let writes = 0
  return defineStorage({
    name: options.name ?? 'memory:',
    capabilities: { createOnly: true },
    async get(key) {
      const object = objects.get(key)
      return object && { bytes: object.bytes.slice(), etag: object.etag }
    },
    async put(key, bytes, { ifAbsent }) {
      if (ifAbsent && objects.has(key)) {
        throw new StorageError({ code: 'already-exists', message: `"${key}" exists` })
      }
      const etag = `"${++writes}"`
      objects.set(key, { bytes: new Uint8Array(bytes), etag })
      return etag
    },
    async *list(prefix) {
      yield* [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys)
    },
    async delete(key) {
      objects.delete(key)
    },
  })
}
