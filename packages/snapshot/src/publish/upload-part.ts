import { compress, preferredCodec } from '../format/compression.ts'
import { createObject } from '../store/create-object.ts'
import { digestOf } from '../format/digest.ts'
import { writable, type DomainContext, type SignalOptions } from '../store/domain-context.ts'
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
  const compressed = await compress(Buffer.from(part.text), preferredCodec)
  part.from.keepPacked(compressed)
  const partKey = `parts/${commitId}/${part.bucket}.${preferredCodec}${sealer === undefined ? '' : '.sealed'}`
  const bytes = sealer?.seal(partKey, compressed) ?? compressed
  if (bytes.byteLength > maximumPartBytes) {
    throw new SnapshotError('limit-exceeded', `Bucket ${part.bucket} is larger than a part may be`)
  }
  // Members in the order of their names: canonical JSON is quickest to write of what is in its order.
  const reference: PartReference = {
    bucket: part.bucket,
    count: part.count,
    key: partKey,
    plain: part.plain,
    stored: { digest: digestOf(bytes), size: bytes.byteLength },
  }
  const key = context.layout.part(reference)
  const result = await createObject(storage, key, bytes, options)
  if (result === 'taken') throw new SnapshotError('damaged', `${storage.name} holds something else as ${key}`)
  return reference
}
