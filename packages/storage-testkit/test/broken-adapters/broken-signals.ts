import { failure, overloaded, plainStorage } from '../plain-storage.ts'
import type { BrokenAdapters } from './broken-adapter.ts'

/** What goes wrong with signals. */
export const brokenSignals: BrokenAdapters = {
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

  'leaves a listener on every signal': {
    caughtBy: 'signals > no listener stays',
    create() {
      const store = plainStorage()
      return {
        ...store,
        get: overloaded((key, options = {}) => {
          options.signal?.addEventListener('abort', () => undefined)
          return store.get(key, options)
        }),
      }
    },
  },
}
