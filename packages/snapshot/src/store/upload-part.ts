import { StorageError } from '@outlast/storage'
import { compress, preferredCodec } from '../format/compression.ts'
import { digestOf } from '../format/digest.ts'
import { writable, type DomainContext, type SignalOptions } from './domain-context.ts'
import { maximumPartBytes } from '../format/limits.ts'
import type { PartReference } from '../format/manifest.ts'
import type { NewPart } from './plan-parts.ts'
import type { PartSealer } from '../sealing/part-sealer.ts'
import { SnapshotError } from '../snapshot-error.ts'

/**
 * Stores a part under its commit and reads it back: a part counts only when the store gives the same bytes.
 * So an upload whose reply was lost is no failure.
 */
export async function uploadPart(
  context: DomainContext,
  commitId: string,
  part: NewPart,
  { sealer, ...options }: SignalOptions & { readonly sealer?: PartSealer | undefined },
): Promise<PartReference> {
  const storage = writable(context)
  const compressed = await compress(part.bytes, preferredCodec)
  const partKey = `parts/${commitId}/${part.bucket}.${preferredCodec}${sealer === undefined ? '' : '.sealed'}`
  const bytes = sealer?.seal(partKey, compressed) ?? compressed
  if (bytes.byteLength > maximumPartBytes) {
    throw new SnapshotError('limit-exceeded', `Bucket ${part.bucket} is larger than a part may be`)
  }
  const reference: PartReference = {
    bucket: part.bucket,
    key: partKey,
    stored: { digest: digestOf(bytes), size: bytes.byteLength },
    plain: part.plain,
    count: part.count,
  }
  const key = context.layout.part(reference)
  let failure: unknown
  try {
    await storage.put(key, bytes, { ...options, ifAbsent: true })
  } catch (error) {
    if (!StorageError.isInstance(error)) throw error
    failure = error
  }
  const stored = await storage.get(key, options)
  if (stored !== undefined && digestOf(stored.bytes) === reference.stored.digest) return reference
  throw failure ?? new SnapshotError('damaged', `${storage.name} does not give back what was stored as ${key}`)
}
