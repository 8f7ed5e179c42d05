import { StorageError, type PutOptions, type StorageAdapter } from '@outlast/storage'

/**
 * Remembers which parts were put into a store that no manifest names, so that a write which ends in the middle can be taken
 * back: on a full disk every further attempt would otherwise leave its share of parts behind, for as long as it is full.
 */
export class PutLog {
  /** The store to write to. */
  readonly storage: StorageAdapter
  readonly #adapter: StorageAdapter
  readonly #unnamed = new Set<string>()

  constructor(adapter: StorageAdapter) {
    this.#adapter = adapter
    this.storage = {
      ...adapter,
      put: async (key, bytes, options) => {
        // Given up meanwhile: what it would name may have been taken back.
        options?.signal?.throwIfAborted()
        if (key.includes('/manifests/')) return this.#putManifest(key, bytes, options)
        if (key.includes('/parts/')) this.#unnamed.add(key)
        return adapter.put(key, bytes, options)
      },
    }
  }

  /** Deletes what was put and no manifest names, or may name. Rejects with what the store rejects with. */
  async takeBack({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    for (const key of this.#unnamed) {
      await this.#adapter.delete(key, { signal })
      this.#unnamed.delete(key)
    }
  }

  /** Of one that is under way nobody knows whether it will be there, and of one that was not answered either. */
  async #putManifest(key: string, bytes: Uint8Array, options: PutOptions | undefined): Promise<string> {
    const named = [...this.#unnamed]
    this.#unnamed.clear()
    try {
      return await this.#adapter.put(key, bytes, options)
    } catch (error) {
      const isRefused = StorageError.isInstance(error) && !error.retryable
      if (isRefused) for (const part of named) this.#unnamed.add(part)
      throw error
    }
  }
}
