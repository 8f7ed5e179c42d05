import { StorageError } from '@outlast/storage'
import { writable, type DomainContext, type SignalOptions } from '../store/domain-context.ts'
import { encodeManifest, type VerifiedManifest } from '../format/manifest-codec.ts'
import type { ManifestLog } from '../store/manifest-log.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { SnapshotError } from '../snapshot-error.ts'

export type CommitResult =
  | {
      readonly status: 'committed'
      readonly storedBytes: number
      /** As read from the store; absent when it could not be read back. */
      readonly verified: VerifiedManifest | undefined
    }
  | { readonly status: 'lost' }

/**
 * Creates the manifest under its number: the commit. Whatever the store answers, what it holds afterwards
 * decides, because a reply can be lost after the write, and a refusal can be the answer to a repetition.
 */
export async function commitManifest(
  context: DomainContext,
  log: ManifestLog,
  manifest: Manifest,
  { reused, ...options }: SignalOptions & { readonly reused?: readonly PartReference[] | undefined },
): Promise<CommitResult> {
  const encoded = await encodeManifest(manifest, { ...context, ...options, reused })
  const { bytes } = encoded
  log.expect(encoded)
  const { sequence, commitId } = manifest
  let failure: unknown
  try {
    await writable(context).put(context.layout.manifest(sequence), bytes, { ...options, ifAbsent: true })
  } catch (error) {
    if (!StorageError.isInstance(error)) throw error
    failure = error
  }
  const found = await readBack()
  if (typeof found === 'object') {
    if (found.manifest.commitId === commitId) {
      return { status: 'committed', storedBytes: bytes.byteLength, verified: found }
    }
    return { status: 'lost' }
  }
  if (failure === undefined) {
    if (found === undefined) return { status: 'committed', storedBytes: bytes.byteLength, verified: undefined }
    const { name } = context.storage
    throw new SnapshotError('damaged', `${name} does not give back manifest ${sequence} as it was stored`)
  }
  // Taken, but by what cannot be told: the next cycle finds out.
  if (StorageError.isInstance(failure) && failure.code === 'already-exists') return { status: 'lost' }
  throw failure

  async function readBack(): Promise<VerifiedManifest | 'absent' | 'unusable' | undefined> {
    try {
      return await log.tryRead(sequence, options)
    } catch (error) {
      if (!StorageError.isInstance(error)) throw error
      return undefined
    }
  }
}
