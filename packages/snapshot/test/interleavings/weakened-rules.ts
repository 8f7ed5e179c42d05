import type { CallOptions, GetOptions, StorageAdapter, StoredObject } from '@outlast/storage'
import { decodeCheckedJson, encodeCheckedJson } from '../../src/format/checked-json.ts'
import { layoutOf } from '../../src/format/layout.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { openStore, type Round, type Stage } from './actors.ts'
import type { Bucket } from './bucket.ts'
import { collect } from '../collect.ts'

const layout = layoutOf('default', 'resources')

/** A store that enforces create-only writes when it is probed, and at no other time. */
export function ignoresCreateOnly(storage: StorageAdapter): StorageAdapter {
  return {
    ...storage,
    put: async (key, bytes, options) =>
      storage.put(key, bytes, { ...options, ifAbsent: key === layout.probe ? options?.ifAbsent : false }),
  }
}

/** A publisher that takes over any part that the store has already, whatever manifest it belongs to. */
export function reusesAnyPart(storage: StorageAdapter, bucket: Bucket): StorageAdapter {
  const taken = new Map<string, string>()

  function get(
    key: string,
    options?: CallOptions & { readonly ifNoneMatch?: undefined },
  ): Promise<StoredObject | undefined>
  function get(key: string, options: GetOptions): Promise<StoredObject | 'not-modified' | undefined>
  async function get(key: string, options: GetOptions = {}): Promise<StoredObject | 'not-modified' | undefined> {
    return storage.get(taken.get(key) ?? key, options)
  }

  return {
    ...storage,
    get,
    put: async (key, bytes, options) => {
      if (layout.sequenceOf(key) !== undefined) return storage.put(key, renamed(bytes), options)
      const same = [...bucket.objects].find(
        ([other, object]) => other.startsWith(layout.parts) && Buffer.from(object.bytes).equals(bytes),
      )
      if (!key.startsWith(layout.parts) || same === undefined) return storage.put(key, bytes, options)
      taken.set(key, same[0])
      return same[1].etag
    },
  }

  function renamed(bytes: Uint8Array): Uint8Array {
    const { parts, ...rest } = asManifest(decodeCheckedJson(bytes).value)
    const other = parts.map((part) => {
      const key = taken.get(layout.part(part))
      return key === undefined ? part : { ...part, key: key.slice(layout.part({ key: '' }).length) }
    })
    return encodeCheckedJson({ ...rest, parts: other })
  }
}

/**
 * A pruner that goes by names alone and forgets when parts were made. With `manifests` first, a commit that
 * happens between the two lists loses its parts.
 */
export function forgetfulPruner(first: 'manifests' | 'parts'): (stage: Stage, keep: number) => Round {
  return (stage, keep) => {
    const store = openStore(stage)
    const { storage } = stage
    return async () => {
      const early = first === 'parts' ? await collect(storage.list(layout.parts)) : []
      const history = await collect(store.history())
      const parts = first === 'parts' ? early : await collect(storage.list(layout.parts))
      for (const { sequence } of history.slice(keep)) await storage.delete(layout.manifest(sequence))
      const named = new Set(history.slice(0, keep).flatMap((manifest) => manifest.parts.map(layout.part)))
      for (const key of parts) if (!named.has(key)) await storage.delete(key)
    }
  }
}

function asManifest(value: unknown): Manifest {
  const manifest: Manifest = JSON.parse(JSON.stringify(value))
  return manifest
}
