import { withCreateOnlyProbe, withPrefix, type StorageAdapter } from '@outlast/storage'
import { azureStorage } from '@outlast/storage-azure'
import { fsStorage } from '@outlast/storage-fs'
import { gcsStorage } from '@outlast/storage-gcs'
import { s3Storage } from '@outlast/storage-s3'
import type { AdapterPlace, StorePlace } from './store-place.ts'

/** By which a single writer finds out whether the store enforces create-only writes after all. */
const probeKey = 'single-writer-probe.json'

/**
 * Opens a store; the only place in this program that makes adapters. Reaches out to nothing.
 *
 * Throws a `StorageError` with code `invalid-key` for a prefix that is none, and the adapter's `TypeError`, which names
 * the option, for anything else that it cannot work with.
 */
export function openStore(place: StorePlace): StorageAdapter {
  const { prefix = '', singleWriter = false } = place
  const part = prefix.replace(/^\/|\/$/g, '')
  const adapter = part === '' ? openAdapter(place) : withPrefix(openAdapter(place), part)
  return singleWriter ? withCreateOnlyProbe(adapter, { key: probeKey, singleWriter }) : adapter
}

function openAdapter(place: AdapterPlace): StorageAdapter {
  if (place.adapter === 's3') return s3Storage(place.options)
  if (place.adapter === 'azure') return azureStorage(place.options)
  if (place.adapter === 'gcs') return gcsStorage(place.options)
  return fsStorage(place.options)
}
