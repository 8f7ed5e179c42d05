import { failure, plainStorage } from '../plain-storage.ts'
import type { BrokenAdapters } from './broken-adapter.ts'
import { pause } from './pause.ts'

/** What goes wrong with `delete`. */
export const brokenDeleting: BrokenAdapters = {
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

  'deletes a little later': {
    caughtBy: 'delete > is done once it resolves',
    create() {
      const store = plainStorage()
      return {
        ...store,
        async delete(key, options) {
          options?.signal?.throwIfAborted()
          void pause().then(() => store.objects.delete(key))
        },
      }
    },
  },

  'fails when somebody else deletes the same key': {
    caughtBy: 'delete > succeeds for each of many',
    create() {
      const store = plainStorage()
      const deleting = new Set<string>()
      return {
        ...store,
        async delete(key, options) {
          if (deleting.has(key)) throw failure('conflict')
          deleting.add(key)
          await store.delete(key, options).finally(() => deleting.delete(key))
        },
      }
    },
  },
}
