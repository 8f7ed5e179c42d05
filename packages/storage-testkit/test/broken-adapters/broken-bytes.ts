import { failure, overloaded, plainStorage } from '../plain-storage.ts'
import type { BrokenAdapters } from './broken-adapter.ts'
import { pause } from './pause.ts'

/** What goes wrong with the bytes themselves. */
export const brokenBytes: BrokenAdapters = {
  'keeps the caller’s buffer': {
    caughtBy: 'buffers > given to put',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          const etag = await store.put(key, bytes, options)
          store.objects.set(key, { bytes, etag })
          return etag
        },
      }
    },
  },

  'gives out its own buffer': {
    caughtBy: 'buffers > given out by get',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded(async (key, options = {}) => {
          const object = await store.get(key, options)
          return typeof object === 'object' ? store.objects.get(key) : object
        }),
      }
    },
  },

  'stores the memory behind a view': {
    caughtBy: 'buffers > that are views',
    create() {
      const store = plainStorage()
      return { ...store, put: (key, bytes, options) => store.put(key, new Uint8Array(bytes.buffer), options) }
    },
  },

  'stores text': {
    caughtBy: 'round trip > gives back every byte value',
    create() {
      const store = plainStorage()
      const asText = (bytes: Uint8Array): Uint8Array => new TextEncoder().encode(new TextDecoder().decode(bytes))
      return { ...store, put: (key, bytes, options) => store.put(key, asText(bytes), options) }
    },
  },

  'writes a large object in two steps': {
    caughtBy: 'overwriting > never shows a mixture',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          if (bytes.length < 1_000) return store.put(key, bytes, options)
          const own = new Uint8Array(bytes)
          await store.put(key, own.subarray(0, own.length / 2), options)
          await pause()
          return store.put(key, own, { ...options, ifAbsent: false })
        },
      }
    },
  },

  'overwrites without truncating': {
    caughtBy: 'overwriting > replaces the whole object',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          const rest = store.objects.get(key)?.bytes.subarray(bytes.length) ?? new Uint8Array()
          return store.put(key, Buffer.concat([bytes, rest]), options)
        },
      }
    },
  },

  'makes etags of the length': {
    caughtBy: 'overwriting > changes the etag',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          await store.put(key, bytes, options)
          const etag = `${bytes.length}`
          store.objects.set(key, { bytes: new Uint8Array(bytes), etag })
          return etag
        },
      }
    },
  },

  'rejects when the key is absent': {
    caughtBy: 'round trip > answers undefined',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded(async (key, options = {}) => {
          const object = await store.get(key, options)
          if (object === undefined) throw failure('unknown')
          return object
        }),
      }
    },
  },

  'answers null when the key is absent': {
    caughtBy: 'round trip > answers undefined',
    create() {
      const store = plainStorage()
      return {
        ...store,
        // @ts-expect-error the defect itself
        get: overloaded(async (key, options = {}) => (await store.get(key, options)) ?? null),
      }
    },
  },

  'overwrites the caller’s bytes': {
    caughtBy: 'buffers > given to put stay',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          const etag = await store.put(key, bytes, options)
          bytes.fill(0)
          return etag
        },
      }
    },
  },

  'drops the last byte of a full buffer': {
    caughtBy: 'round trip > gives back what is as long as a buffer',
    create() {
      const store = plainStorage()
      return {
        ...store,
        put: (key, bytes, options) =>
          store.put(key, bytes.length % 65_536 === 0 ? bytes.subarray(0, bytes.length - 1) : bytes, options),
      }
    },
  },

  'refuses what is larger than a megabyte': {
    caughtBy: 'round trip > gives back 2 MiB',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async put(key, bytes, options) {
          if (bytes.length > 2 ** 20) throw failure('too-large')
          return store.put(key, bytes, options)
        },
      }
    },
  },

  'gives another etag with put than with get': {
    caughtBy: 'round trip > gives back one byte',
    create() {
      const store = plainStorage()
      return { ...store, put: async (key, bytes, options) => `W/${await store.put(key, bytes, options)}` }
    },
  },
}
