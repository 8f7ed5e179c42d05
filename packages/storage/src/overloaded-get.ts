import type { GetOptions, StorageReader, StoredObject } from './storage-adapter.ts'

/** Gives `get` the contract's type, by which nothing is "not modified" for those who did not ask. */
export function overloadedGet(
  get: (key: string, options: GetOptions) => Promise<StoredObject | 'not-modified' | undefined>,
): StorageReader['get'] {
  async function overloaded(
    key: string,
    options?: GetOptions & { readonly ifNoneMatch?: undefined },
  ): Promise<StoredObject | undefined>
  async function overloaded(key: string, options: GetOptions): Promise<StoredObject | 'not-modified' | undefined>
  async function overloaded(key: string, options: GetOptions = {}): Promise<StoredObject | 'not-modified' | undefined> {
    return get(key, options)
  }
  return overloaded
}
