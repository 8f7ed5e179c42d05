import { failure, overloaded, plainStorage } from '../plain-storage.ts'
import type { BrokenAdapters } from './broken-adapter.ts'

/** What goes wrong with the options of `get`. */
export const brokenReading: BrokenAdapters = {
  'ignores ifNoneMatch': {
    caughtBy: 'get with ifNoneMatch > answers not-modified',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded((key, options) => store.get(key, { signal: options?.signal })),
      }
    },
  },

  'ignores maximumBytes': {
    caughtBy: 'get with maximumBytes > refuses a larger object',
    create() {
      const store = plainStorage()
      return { ...store, get: overloaded((key, options) => store.get(key, { ...options, maximumBytes: undefined })) }
    },
  },

  'gives the first maximumBytes of what is larger': {
    caughtBy: 'get with maximumBytes > refuses a larger object',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded(async (key, options) => {
          const object = await store.get(key, { ...options, maximumBytes: undefined })
          return typeof object === 'object'
            ? { ...object, bytes: object.bytes.slice(0, options?.maximumBytes) }
            : object
        }),
      }
    },
  },

  'takes maximumBytes for the first size that is too large': {
    caughtBy: 'get with maximumBytes > gives an object of just that many bytes',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded((key, { maximumBytes = Infinity, ...options } = {}) =>
          store.get(key, { ...options, maximumBytes: maximumBytes - 1 }),
        ),
      }
    },
  },

  'understands no etags but its own': {
    caughtBy: "get with ifNoneMatch > takes another store's etag",
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded(async (key, options = {}) => {
          if (options.ifNoneMatch !== undefined && !/^\d+$/.test(options.ifNoneMatch)) throw failure('unknown')
          return store.get(key, options)
        }),
      }
    },
  },

  'counts the versions of a key that was deleted anew': {
    caughtBy: 'get with ifNoneMatch > is not taken in',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          const version = Number(store.objects.get(key)?.etag ?? 0) + 1
          const own = new Uint8Array(bytes)
          await store.put(key, own, options)
          const etag = `${version}`
          store.objects.set(key, { bytes: own, etag })
          return etag
        },
      }
    },
  },
}
