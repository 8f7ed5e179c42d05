import type { ConfigStore } from '../store/config-store.ts'
import { StoreError } from '../store/store-error.ts'

/** Tells which writes nobody knows the outcome of: the store did not say, and they may have taken effect. */
export interface UnknownOutcomes {
  /** The same store, whose writes are noted. */
  readonly store: ConfigStore
  /** The keys that a write was about when it failed with this error; `undefined` when nothing can have been written. */
  readonly keysOf: (error: unknown) => readonly string[] | undefined
}

export function unknownOutcomes(store: ConfigStore): UnknownOutcomes {
  const noted = new WeakMap<StoreError, readonly string[]>()
  return {
    store: {
      range: async (options) => store.range(options),
      async transaction(options) {
        try {
          return await store.transaction(options)
        } catch (error) {
          if (StoreError.isInstance(error) && error.code === 'unavailable') {
            noted.set(
              error,
              options.operations.map(({ key }) => key),
            )
          }
          throw error
        }
      },
      watch: (options) => store.watch(options),
      compact: async (options) => store.compact(options),
      revision: async (options) => store.revision(options),
      identity: async (options) => store.identity(options),
      close: async () => store.close(),
    },
    keysOf: (error) => (StoreError.isInstance(error) ? noted.get(error) : undefined),
  }
}
