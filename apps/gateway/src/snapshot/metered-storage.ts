import type { CallOptions, GetOptions, StorageAdapter, StoredObject } from '@outlast/storage'

/** Tells how much has been read from a store so far. */
export function meteredStorage(
  storage: StorageAdapter,
  onRead: (read: { readonly objects: number; readonly bytes: number }) => void,
): StorageAdapter {
  const read = { objects: 0, bytes: 0 }

  async function get(
    key: string,
    options?: CallOptions & { readonly ifNoneMatch?: undefined },
  ): Promise<StoredObject | undefined>
  async function get(key: string, options: GetOptions): Promise<StoredObject | 'not-modified' | undefined>
  async function get(key: string, options: GetOptions = {}): Promise<StoredObject | 'not-modified' | undefined> {
    const answer = await storage.get(key, options)
    read.objects += 1
    read.bytes += typeof answer === 'object' ? answer.bytes.byteLength : 0
    onRead(read)
    return answer
  }

  return {
    name: storage.name,
    capabilities: storage.capabilities,
    get,
    put: async (key, bytes, options) => storage.put(key, bytes, options),
    list: (prefix, options) => storage.list(prefix, options),
    delete: async (key, options) => storage.delete(key, options),
  }
}
