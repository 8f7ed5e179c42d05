import type { StorageAdapter } from '@outlast/storage'

/** How what is stored can be spoilt: changed, cut off or lost, in each kind of object. */
export const damages = [
  'rotten parts',
  'lost parts',
  'rotten manifests',
  'rotten instance parts',
  'everything cut off',
] as const
export type Damage = (typeof damages)[number]

/** Spoils the newest snapshot of a store, or all of them. */
export async function spoil(storage: StorageAdapter, damage: Damage, which: 'newest' | 'all'): Promise<void> {
  for (const key of await doomedKeys(storage, damage, which)) {
    const object = await storage.get(key)
    if (object === undefined) continue
    if (damage === 'lost parts') await storage.delete(key)
    else if (damage === 'everything cut off') await storage.put(key, object.bytes.slice(0, object.bytes.length / 2))
    else await storage.put(key, new TextEncoder().encode('rotten'))
  }
}

/** All that is stored, to be put back later. */
export async function contentsOf(storage: StorageAdapter): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>()
  for (const key of await keysOf(storage)) {
    const object = await storage.get(key)
    if (object !== undefined) contents.set(key, object.bytes)
  }
  return contents
}

/** Makes this all that is stored. */
export async function replaceContents(
  storage: StorageAdapter,
  contents: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const key of await keysOf(storage)) if (!contents.has(key)) await storage.delete(key)
  for (const [key, bytes] of contents) await storage.put(key, bytes)
}

async function doomedKeys(
  storage: StorageAdapter,
  damage: Damage,
  which: 'newest' | 'all',
): Promise<readonly string[]> {
  const keys = await keysOf(storage)
  if (damage === 'everything cut off' && which === 'all') return keys
  const kinds: Readonly<Record<Damage, readonly string[]>> = {
    'rotten parts': ['/resources/parts/'],
    'lost parts': ['/resources/parts/'],
    'rotten manifests': ['/resources/manifests/'],
    'rotten instance parts': ['/instance/parts/'],
    'everything cut off': ['/resources/parts/', '/resources/manifests/', '/resources/head'],
  }
  return kinds[damage].flatMap((kind) => {
    const found = keys.filter((key) => key.includes(kind))
    // One commit has one part, as small as these are; and their names sort by time.
    return which === 'all' ? found : found.slice(-1)
  })
}

async function keysOf(storage: StorageAdapter): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list('')) keys.push(key)
  return keys
}
