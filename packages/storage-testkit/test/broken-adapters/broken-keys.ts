import { overloaded, plainStorage } from '../plain-storage.ts'
import type { BrokenAdapters } from './broken-adapter.ts'

/** What goes wrong with keys. */
export const brokenKeys: BrokenAdapters = {
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

  'keeps its objects in an object': {
    caughtBy: 'keys > that every JavaScript object has',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded(async (key, options = {}) => {
          const object = await store.get(key, options)
          return (
            object ?? ((key.split('/').at(-1) ?? '' in {}) ? { bytes: new Uint8Array(), etag: 'inherited' } : undefined)
          )
        }),
      }
    },
  },

  'composes accents': {
    caughtBy: 'keys > that only look alike',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded((key, options = {}) => store.get(key.normalize('NFC'), options)),
        put: (key, bytes, options) => store.put(key.normalize('NFC'), bytes, options),
      }
    },
  },

  'takes keys of any length': {
    caughtBy: 'keys > that break the rules',
    onlyAsItIs: true,
    create() {
      const store = plainStorage()
      const shorter = (key: string): string => (key.length > 450 ? key.slice(0, 450) : key)
      return {
        ...store,
        get: overloaded((key, options = {}) => store.get(shorter(key), options)),
        put: (key, bytes, options) => store.put(shorter(key), bytes, options),
        delete: (key, options) => store.delete(shorter(key), options),
      }
    },
  },
}
