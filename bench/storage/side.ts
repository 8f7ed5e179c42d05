import type { StorageAdapter } from '@outlast/storage'

/** What is measured, written once with an adapter of ours and once without. */
export interface Side {
  put(key: string, bytes: Uint8Array): Promise<unknown>
  get(key: string): Promise<Uint8Array>
  /** All keys with the prefix. */
  list(prefix: string): Promise<readonly string[]>
}

export interface Contest {
  /** The way that ours is compared with; `undefined` where there is none to compare with. */
  readonly bare: { readonly description: string; readonly side: Side } | undefined
  readonly ours: Side
  close(): Promise<void>
}

export function sideOf(storage: StorageAdapter): Side {
  return {
    put: (key, bytes) => storage.put(key, bytes),
    async get(key) {
      const object = await storage.get(key)
      if (object === undefined) throw new Error(`${key} is not there`)
      return object.bytes
    },
    async list(prefix) {
      const keys: string[] = []
      for await (const key of storage.list(prefix)) keys.push(key)
      return keys
    },
  }
}
