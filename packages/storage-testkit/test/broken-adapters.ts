import { compareKeys, type StorageAdapter } from '@outlast/storage'

import { failure, overloaded, plainStorage } from './plain-storage.ts'

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export interface BrokenAdapter {
  /** How the name of the check begins that has to fail, whichever others do. */
  readonly caughtBy: string
  readonly create: () => StorageAdapter
}

/** Adapters with one defect each, of the kind that real stores, mocks, proxies and SDKs have. */
export const brokenAdapters: Readonly<Record<string, BrokenAdapter>> = {
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

  'lists in the order of writing': {
    caughtBy: 'list > gives every key in byte order',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async *list(prefix, { signal, after = '', limit = Infinity } = {}) {
          signal?.throwIfAborted()
          const keys = [...store.objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0)
          yield* keys.slice(0, limit)
          signal?.throwIfAborted()
        },
      }
    },
  },

  'lists in UTF-16 order': {
    caughtBy: 'list > orders by UTF-8 bytes',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async *list(prefix, options) {
          const keys: string[] = []
          for await (const key of store.list(prefix, options)) keys.push(key)
          // oxlint-disable-next-line typescript/require-array-sort-compare -- the defect itself
          yield* keys.sort()
        },
      }
    },
  },

  'walks folders one after the other': {
    caughtBy: 'list > gives every key in byte order',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async *list(prefix, options) {
          const keys: string[] = []
          for await (const key of store.list(prefix, options)) keys.push(key)
          yield* keys.sort((a, b) => compareKeys(a.replaceAll('/', '\0'), b.replaceAll('/', '\0')))
        },
      }
    },
  },

  'stops after its first page': {
    caughtBy: 'list > gives each of 120 keys once',
    create() {
      const store = plainStorage()
      return {
        ...store,
        list: (prefix, options) => store.list(prefix, { ...options, limit: Math.min(options?.limit ?? 100, 100) }),
      }
    },
  },

  'ignores `after`': {
    caughtBy: 'list > starts after a key',
    create() {
      const store = plainStorage()
      return { ...store, list: (prefix, options) => store.list(prefix, { ...options, after: undefined }) }
    },
  },

  'begins with `after` itself': {
    caughtBy: 'list > starts after a key',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async *list(prefix, options) {
          if (options?.after !== undefined && store.objects.has(options.after)) yield options.after
          yield* store.list(prefix, options)
        },
      }
    },
  },

  'ignores the limit': {
    caughtBy: 'list > stops at the limit',
    create() {
      const store = plainStorage()
      return { ...store, list: (prefix, options) => store.list(prefix, { ...options, limit: undefined }) }
    },
  },

  'takes prefixes for folders': {
    caughtBy: 'list > gives just the keys that start with the prefix',
    create() {
      const store = plainStorage()
      const folder = (prefix: string): string => (prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`)
      return { ...store, list: (prefix, options) => store.list(folder(prefix), options) }
    },
  },

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

  'rejects a delete of an absent key': {
    caughtBy: 'delete > succeeds when the key is absent',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async delete(key, options) {
          if (!store.objects.has(key)) throw failure('unknown')
          await store.delete(key, options)
        },
      }
    },
  },

  'deletes everything that starts with the key': {
    caughtBy: 'delete > leaves keys alone',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async delete(key, options) {
          await store.delete(key, options)
          for (const other of store.objects.keys()) if (other.startsWith(key)) store.objects.delete(other)
        },
      }
    },
  },

  'decodes percent signs in keys': {
    caughtBy: 'keys > with odd characters',
    create() {
      const store = plainStorage()
      return {
        ...store,
        put: (key, bytes, options) => store.put(key.replaceAll('%2F', '/'), bytes, options),
      }
    },
  },

  'does not tell upper and lower case apart': {
    caughtBy: 'keys > that only look alike',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded((key, options = {}) => store.get(key.toLowerCase(), options)),
        put: (key, bytes, options) => store.put(key.toLowerCase(), bytes, options),
      }
    },
  },

  'ignores signals': {
    caughtBy: 'signals > put with an aborted signal',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded((key, options = {}) => store.get(key, { ...options, signal: undefined })),
        put: (key, bytes, options) => store.put(key, bytes, { ...options, signal: undefined }),
        list: (prefix, options) => store.list(prefix, { ...options, signal: undefined }),
        delete: (key) => store.delete(key),
      }
    },
  },

  'rejects with an error of its own when the signal fires': {
    caughtBy: 'signals > delete rejects with the reason',
    create() {
      const store = plainStorage()
      return {
        ...store,
        delete: (key, options) =>
          store.delete(key, options).catch(() => {
            throw failure('unknown')
          }),
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
}
