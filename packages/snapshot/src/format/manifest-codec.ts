import { decodeCheckedJson, encodeCheckedJson } from './checked-json.ts'
import { codecOfBytes, compress, decompress, preferredCodec } from './compression.ts'
import { contentRoot } from './content-root.ts'
import { digestOf } from './digest.ts'
import type { Domain } from '../entries/entry.ts'
import type { JsonObject } from '../entries/json-object.ts'
import { compressManifestBeyondBytes, maximumManifestBytes } from './limits.ts'
import { manifestSchema } from './manifest-schema.ts'
import type { Manifest } from './manifest.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** The format version that this package reads and writes. */
const formatVersion = 1

/** A manifest whose bytes were checked. `digest` is that of its plain bytes. */
export interface VerifiedManifest {
  readonly manifest: Manifest
  readonly digest: string
}

/** Where a manifest was found: it must say so itself. */
export interface ManifestPlace {
  readonly group: string
  readonly domain: Domain
  readonly sequence: number
}

/**
 * The bytes to store, compressed when that is worth it. Rejects with `limit-exceeded`, and with `TypeError`
 * for a manifest that nobody could read: nothing of the kind may be committed.
 */
export async function encodeManifest(manifest: Manifest): Promise<Uint8Array> {
  const problem = shapeProblem(manifest)
  if (problem !== undefined) throw new TypeError(`This snapshot cannot be committed: its manifest ${problem}`)
  const plain = encodeCheckedJson(manifest)
  if (plain.byteLength > maximumManifestBytes) {
    throw new SnapshotError(
      'limit-exceeded',
      `A manifest of ${plain.byteLength} bytes is larger than the format allows`,
    )
  }
  return plain.byteLength > compressManifestBeyondBytes ? compress(plain, preferredCodec) : plain
}

/** Rejects with `damaged`, `unsupported-version` or `limit-exceeded`. */
export async function decodeManifest(stored: Uint8Array, place: ManifestPlace): Promise<VerifiedManifest> {
  if (stored.byteLength > maximumManifestBytes) {
    throw new SnapshotError('limit-exceeded', `Manifest ${place.sequence} is larger than the format allows`)
  }
  const codec = codecOfBytes(stored)
  const plain = codec === undefined ? stored : await decompress(stored, codec, maximumManifestBytes)
  const manifest = parse(decodeCheckedJson(plain), place)
  return { manifest, digest: digestOf(plain) }
}

function parse(value: JsonObject, place: ManifestPlace): Manifest {
  const { leastReader } = value
  if (typeof leastReader === 'number' && leastReader > formatVersion) {
    throw new SnapshotError(
      'unsupported-version',
      `Manifest ${place.sequence} needs a reader of version ${leastReader}`,
    )
  }
  // The value itself is returned, not the schema's copy of it: nothing is lost on the way.
  assertShape(value, place)
  const problem = contradiction(value, place)
  if (problem !== undefined) throw damaged(place, problem)
  return value
}

function assertShape(value: unknown, place: ManifestPlace): asserts value is Manifest {
  const problem = shapeProblem(value)
  if (problem !== undefined) throw damaged(place, problem)
}

function shapeProblem(value: unknown): string | undefined {
  const issue = manifestSchema.safeParse(value).error?.issues[0]
  return issue && `is not valid at /${issue.path.map(String).join('/')}: ${issue.message}`
}

function contradiction(manifest: Manifest, place: ManifestPlace): string | undefined {
  if (manifest.group !== place.group || manifest.domain !== place.domain || manifest.sequence !== place.sequence) {
    return 'belongs to another place'
  }
  let previous = -1
  let entries = 0
  for (const part of manifest.parts) {
    if (part.bucket <= previous || part.bucket >= manifest.fanout) return 'names its parts out of order'
    previous = part.bucket
    entries += part.count
  }
  const counted = Object.values(manifest.counts).reduce((sum, count) => sum + count, 0)
  if (counted !== entries) return 'counts its entries in two ways'
  return contentRoot(manifest.fanout, manifest.parts) === manifest.root ? undefined : 'does not match its root'
}

function damaged(place: ManifestPlace, problem: string): SnapshotError {
  return new SnapshotError('damaged', `Manifest ${place.sequence} of ${place.group}/${place.domain} ${problem}`)
}
