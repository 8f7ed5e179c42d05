import { compareKeys } from '@outlast/storage'

import { plainStorage } from '../plain-storage.ts'
import type { BrokenAdapters } from './broken-adapter.ts'
import { pause } from './pause.ts'

/** What goes wrong with `list`. */
export const brokenListing: BrokenAdapters = {
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

  'takes prefixes for patterns': {
    caughtBy: 'list > takes every character of a prefix',
    create() {
      const store = plainStorage()
      // As with LIKE in SQL.
      const wildcards: Readonly<Record<string, string>> = { _: '.', '%': '.*' }
      const matches = (prefix: string): RegExp =>
        new RegExp(
          `^${prefix.replaceAll(/\W|_/gu, (one) => wildcards[one] ?? `\\u{${one.codePointAt(0)?.toString(16)}}`)}`,
          'u',
        )
      return {
        ...store,
        async *list(prefix, options) {
          const pattern = matches(prefix)
          let left = options?.limit ?? Infinity
          for await (const key of store.list('', { ...options, limit: undefined })) {
            if (pattern.test(key) && left-- > 0) yield key
          }
        },
      }
    },
  },

  'counts its pages by position': {
    caughtBy: 'list > gives each of 120 keys once',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async *list(prefix, { limit = Infinity, ...options } = {}) {
          const pageSize = 50
          let given = 0
          for (let keys = ['']; keys.length > 0;) {
            keys = []
            for await (const key of store.list(prefix, options)) keys.push(key)
            keys = keys.slice(given, Math.min(given + pageSize, limit))
            given += keys.length
            yield* keys
          }
        },
      }
    },
  },

  'gives up a listing when something was written meanwhile': {
    caughtBy: 'list > has every key that is there all the time',
    create() {
      const store = plainStorage()
      let writes = 0
      return {
        ...store,
        async put(key, bytes, options) {
          writes += 1
          return store.put(key, bytes, options)
        },
        async *list(prefix, options) {
          const before = writes
          const keys: string[] = []
          for await (const key of store.list(prefix, options)) keys.push(key)
          await pause()
          yield* writes === before ? keys : keys.slice(0, 10)
        },
      }
    },
  },

  'has one cursor for all listings': {
    caughtBy: 'list > can run several times at once',
    create() {
      const store = plainStorage()
      let cursor: readonly string[] = []
      return {
        ...store,
        async *list(prefix, options) {
          const keys: string[] = []
          for await (const key of store.list(prefix, options)) keys.push(key)
          cursor = keys
          await pause()
          yield* cursor
        },
      }
    },
  },
}
