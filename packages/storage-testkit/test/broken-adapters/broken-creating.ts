import { failure, plainStorage } from '../plain-storage.ts'
import type { BrokenAdapters } from './broken-adapter.ts'
import { pause } from './pause.ts'

/** What goes wrong with `ifAbsent`. */
export const brokenCreating: BrokenAdapters = {
  'ignores ifAbsent and overwrites': {
    caughtBy: 'put with ifAbsent > fails with already-exists',
    create() {
      const store = plainStorage()
      return { ...store, put: (key, bytes, options) => store.put(key, bytes, { ...options, ifAbsent: false }) }
    },
  },

  'looks whether the key is absent, and writes a moment later': {
    caughtBy: 'put with ifAbsent > has one winner',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, { ifAbsent, ...options } = {}) {
          const own = new Uint8Array(bytes)
          if (ifAbsent && store.objects.has(key)) throw failure('already-exists')
          await pause()
          return store.put(key, own, options)
        },
      }
    },
  },

  'takes an equal object for its own when it exists already': {
    caughtBy: 'put with ifAbsent > fails with already-exists also when the bytes are equal',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          const existing = store.objects.get(key)
          if (options?.ifAbsent && existing && Buffer.compare(existing.bytes, bytes) === 0) return existing.etag
          return store.put(key, bytes, options)
        },
      }
    },
  },

  'declares create-only writes that it refuses': {
    caughtBy: 'put with ifAbsent > creates an absent key',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          if (options?.ifAbsent) throw failure('unsupported')
          return store.put(key, bytes, options)
        },
      }
    },
  },

  'knows a deleted key as taken': {
    caughtBy: 'put with ifAbsent > creates again after a delete',
    create() {
      const store = plainStorage()
      const taken = new Set<string>()
      return {
        ...store,
        async put(key, bytes, options) {
          if (options?.ifAbsent && taken.has(key)) throw failure('already-exists')
          taken.add(key)
          return store.put(key, bytes, options)
        },
      }
    },
  },

  'takes an object without bytes for none': {
    caughtBy: 'put with ifAbsent > creates an object without bytes',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          const isTaken = (store.objects.get(key)?.bytes.length ?? 0) > 0
          return store.put(key, bytes, { ...options, ifAbsent: options?.ifAbsent === true && isTaken })
        },
      }
    },
  },

  'lets one creator in at a time, and tells the others that they lost': {
    caughtBy: 'put with ifAbsent > creates different keys',
    create() {
      const store = plainStorage()
      let busy = false
      return {
        ...store,
        async put(key, bytes, options) {
          const own = new Uint8Array(bytes)
          if (options?.ifAbsent && busy) throw failure('already-exists')
          busy = options?.ifAbsent ?? false
          await pause()
          busy = false
          return store.put(key, own, options)
        },
      }
    },
  },
}
