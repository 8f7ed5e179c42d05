import type { StorageAdapter, StoredObject } from '@outlast/storage'

import { failure, overloaded, plainStorage, type PlainStorage } from '../plain-storage.ts'
import { pause } from './pause.ts'

export interface BrokenPair {
  /** How the name of the check begins that has to fail, whichever others do. */
  readonly caughtBy: string
  readonly open: (objects: PlainStorage['objects']) => StorageAdapter
}

/** What one adapter makes right for itself, and two of them for one store get wrong. */
export const brokenPairs: Readonly<Record<string, BrokenPair>> = {
  'creates under a lock of its own': {
    caughtBy: 'two adapters on one store > have one winner',
    open(objects) {
      const store = plainStorage(objects)
      let last: Promise<unknown> = Promise.resolve()
      return {
        ...store,
        async put(key, bytes, { ifAbsent, ...options } = {}) {
          const own = new Uint8Array(bytes)
          const lookAndWrite = async (): Promise<string> => {
            if (ifAbsent && objects.has(key)) throw failure('already-exists')
            await pause()
            return store.put(key, own, options)
          }
          const written = last.then(lookAndWrite, lookAndWrite)
          last = written
          return written
        },
      }
    },
  },

  'knows which keys it has created': {
    caughtBy: 'two adapters on one store > do not create',
    open(objects) {
      const store = plainStorage(objects)
      const mine = new Set<string>()
      return {
        ...store,
        async put(key, bytes, options) {
          const ifAbsent = options?.ifAbsent === true && mine.has(key)
          mine.add(key)
          return store.put(key, bytes, { ...options, ifAbsent })
        },
        async delete(key, options) {
          await store.delete(key, options)
          mine.delete(key)
        },
      }
    },
  },

  'answers from its memory': {
    caughtBy: 'two adapters on one store > see at once',
    open(objects) {
      const store = plainStorage(objects)
      const memory = new Map<string, StoredObject>()
      return {
        ...store,
        get: overloaded(async (key, options = {}) => {
          const object = memory.get(key) ?? (await store.get(key, { signal: options.signal }))
          if (object === undefined) return undefined
          memory.set(key, object)
          if (object.bytes.length > (options.maximumBytes ?? Infinity)) throw failure('too-large')
          return object.etag === options.ifNoneMatch ? 'not-modified' : { ...object, bytes: object.bytes.slice() }
        }),
        async put(key, bytes, options) {
          const etag = await store.put(key, bytes, options)
          memory.delete(key)
          return etag
        },
        async delete(key, options) {
          await store.delete(key, options)
          memory.delete(key)
        },
      }
    },
  },
}
