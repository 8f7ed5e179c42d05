import type { StorageAdapter } from '@outlast/storage'
import { createObject } from '../store/create-object.ts'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import { maximumManifestBytes, transferConcurrency } from '../format/limits.ts'
import { decodeManifest, oversizedManifest, type VerifiedManifest } from '../format/manifest-codec.ts'
import type { PartReference } from '../format/manifest.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import type { ReplicationNotes } from './replication-report.ts'
import { isStoredAs } from '../format/stored-part.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { unlessTooLarge } from '../store/unless-too-large.ts'

/** A verified manifest with the bytes that it was read from. */
export interface StoredManifest {
  readonly verified: VerifiedManifest
  readonly bytes: Uint8Array
}

export interface CopyOptions extends SignalOptions {
  readonly target: StorageAdapter
  /** Keys of parts that the target is known to have; those that are copied are added. */
  readonly present: Set<string>
  /** Told of every object that was not there before. */
  readonly notes: Pick<ReplicationNotes, 'copied'>
}

/** `undefined` when the number is free. Rejects with `SnapshotError` when the manifest cannot be used. */
export async function readStoredManifest(
  { storage, layout, group, domain, trustedKeys }: DomainContext,
  sequence: number,
  { signal }: SignalOptions,
): Promise<StoredManifest | undefined> {
  const place = { group, domain, sequence }
  const key = layout.manifest(sequence)
  const object = await unlessTooLarge(storage.get(key, { maximumBytes: maximumManifestBytes, signal }))
  if (object === undefined) return undefined
  if (object === 'too-large') throw oversizedManifest(place)
  const { bytes } = object
  return { verified: await decodeManifest(bytes, place, trustedKeys), bytes }
}

/**
 * Copies a snapshot byte for byte: the parts that the target lacks, each verified before it is written, and then the
 * manifest, so that whoever finds it there can load it. Nothing is overwritten.
 *
 * Resolves with `taken` when the number holds something else in the target. Rejects with `damaged`, or with `not-yet` when
 * a part is not where it should be.
 */
export async function copySnapshot(
  source: DomainContext,
  { verified, bytes }: StoredManifest,
  options: CopyOptions,
): Promise<'copied' | 'taken'> {
  const { target, present, notes, signal } = options
  const { manifest } = verified
  const lacking = manifest.parts.filter(({ key }) => !present.has(key))
  await mapConcurrently(lacking, transferConcurrency, async (part) => copyPart(source, part, options))
  const result = await createObject(target, source.layout.manifest(manifest.sequence), bytes, { signal })
  if (result === 'created') notes.copied('snapshot', bytes.byteLength)
  return result === 'taken' ? 'taken' : 'copied'
}

async function copyPart(
  { storage, layout }: DomainContext,
  part: PartReference,
  { target, present, notes, signal }: CopyOptions,
): Promise<void> {
  const key = layout.part(part)
  const object = await unlessTooLarge(storage.get(key, { maximumBytes: part.stored.size, signal }))
  if (object === undefined) throw new SnapshotError('not-yet', `${storage.name} does not have the part ${part.key}`)
  if (object === 'too-large' || !isStoredAs(object.bytes, part)) {
    throw new SnapshotError('damaged', `The part ${part.key} is not what was stored`)
  }
  const result = await createObject(target, key, object.bytes, { signal })
  if (result === 'taken') throw new SnapshotError('damaged', `${target.name} holds something else as ${key}`)
  if (result === 'created') notes.copied('part', object.bytes.byteLength)
  present.add(part.key)
}
