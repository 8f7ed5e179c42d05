import type { StorageAdapter } from '@outlast/storage'

async function keysOf(storage: StorageAdapter): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list('')) keys.push(key)
  return keys
}

/** Makes every kind of call at once, and collects what they reject with (`undefined` for a success). */
export async function everyCall(storage: StorageAdapter): Promise<unknown[]> {
  const outcomes = await Promise.allSettled([
    storage.get('key'),
    storage.put('key', new Uint8Array(1000)),
    storage.put('key', new Uint8Array(1000), { ifAbsent: true }),
    keysOf(storage),
    storage.delete('key'),
  ])
  return outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined))
}
