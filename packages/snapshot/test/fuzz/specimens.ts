import { memoryStorage } from '@outlast/storage'
import type { Entry } from '../../src/entries/entry.ts'
import type { Head } from '../../src/store/head.ts'
import { headFile } from '../../src/store/head.ts'
import { layoutOf } from '../../src/format/layout.ts'
import { sealers } from '../../src/sealing/sealers.ts'
import { silentLogger } from '../../src/logger.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { published, routes } from '../publish.ts'

/** The objects of one real snapshot, as stored. */
export interface Specimens {
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly headBytes: Uint8Array
  readonly parts: readonly { readonly reference: Manifest['parts'][number]; readonly bytes: Uint8Array }[]
  /** What a reader makes of these bytes in the place of the head. */
  readHead(bytes: Uint8Array): Promise<Head | undefined>
}

/** `many` gives a manifest that is compressed, and small parts. */
export async function specimens(many: boolean): Promise<Specimens> {
  const storage = memoryStorage()
  const clock = manualClock()
  const store = snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
  const plugins: Entry = {
    kind: 'plugin_configs',
    id: 'ü/😀',
    value: { text: '\u2028"\\', numbers: [1e21, -0.5, 1e-7], none: null },
  }
  const entries = many ? routes(20_000) : [...routes(20), plugins]
  const manifest = await published(store, entries)
  const layout = layoutOf('default', 'resources')
  const bytesOf = async (key: string): Promise<Uint8Array> => {
    const object = await storage.get(key)
    if (object === undefined) throw new Error(`There is no ${key}`)
    return object.bytes
  }
  const parts = await Promise.all(
    manifest.parts.map(async (reference) => ({ reference, bytes: await bytesOf(layout.part(reference)) })),
  )
  return {
    manifest,
    manifestBytes: await bytesOf(layout.manifest(1)),
    headBytes: await bytesOf(layout.head),
    parts,
    readHead: async (bytes) => {
      const holder = memoryStorage()
      await holder.put(layout.head, bytes)
      const place = { group: 'default', domain: 'resources' } as const
      const context = {
        ...place,
        layout,
        clock,
        logger: silentLogger,
        sealers: sealers({ ...place, keys: [], seals: false }),
      }
      return headFile({ ...context, storage: holder }).read()
    },
  }
}
