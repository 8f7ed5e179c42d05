import type { CallOptions, StorageAdapter } from './storage-adapter.ts'
import { StorageError } from './storage-error.ts'

const probe = new TextEncoder().encode('{"purpose":"proves that this store refuses to create what exists"}')

/**
 * Whether the store refuses to create what is there already. Several servers take the condition and ignore it, and some
 * only in some buckets, so a declared `createOnly` is no proof.
 *
 * Creates one small object under `key`, which stays: any number of writers can probe it at the same time, and none needs
 * the right to delete. Rejects with the store's error when it does not answer the question.
 */
export async function provesCreateOnly(
  storage: StorageAdapter,
  key: string,
  { signal }: CallOptions = {},
): Promise<boolean> {
  if (!storage.capabilities.createOnly) return false

  async function attempt(): Promise<'created' | 'refused' | 'unsupported'> {
    try {
      await storage.put(key, probe, { signal, ifAbsent: true })
      return 'created'
    } catch (error) {
      if (!StorageError.isInstance(error)) throw error
      if (error.code === 'already-exists') return 'refused'
      // Some can only tell when they try, such as a folder on a file system without hard links.
      if (error.code === 'unsupported') return 'unsupported'
      throw error
    }
  }

  const first = await attempt()
  // It was not there, or the store does not mind: the second attempt tells.
  return (first === 'created' ? await attempt() : first) === 'refused'
}
