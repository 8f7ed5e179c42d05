import { decodeUtf8 } from './checked-json.ts'
import { codecOfBytes, compress, decompress, preferredCodec } from './compression.ts'
import { contentRoot } from './content-root.ts'
import { digestOf } from './digest.ts'
import type { Domain } from '../entries/entry.ts'
import type { JsonObject } from '../entries/json-object.ts'
import { decodeSignedJson, encodeSignedJson, type Trust } from '../signing/signed-json.ts'
import type { TrustedKey } from '../signing/signer.ts'
import { compressManifestBeyondBytes, maximumManifestBytes } from './limits.ts'
import { manifestSchema } from './manifest-schema.ts'
import type { Manifest, PartReference } from './manifest.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** The format version that this package reads and writes. */
const formatVersion = 1

/** A manifest whose bytes were checked. `digest` is that of its plain bytes. */
export interface VerifiedManifest {
  readonly manifest: Manifest
  readonly digest: string
}

const kind = 'outlast-manifest-1'

/** Where a manifest was found: it must say so itself. */
export interface ManifestPlace {
  readonly group: string
  readonly domain: Domain
  readonly sequence: number
}

/** A manifest as it is to be stored, and what a reader will make of these bytes. */
export interface EncodedManifest extends VerifiedManifest {
  readonly bytes: Uint8Array
}

/**
 * The bytes to store, signed where there is a signer, and compressed when that is worth it. Rejects with `limit-exceeded`;
 * with `unsigned`, `untrusted-key` or `bad-signature` where no trusted key has signed it; and with `TypeError` for a
 * manifest that nobody could read: nothing of the kind may be committed.
 */
export async function encodeManifest(
  manifest: Manifest,
  options: Trust & {
    /** References to parts, taken over from a manifest that was checked: their shape is known. */
    readonly reused?: readonly PartReference[] | undefined
    readonly signal?: AbortSignal | undefined
  } = {},
): Promise<EncodedManifest> {
  const { reused, ...trust } = options
  const known = new Set(reused)
  const parts = manifest.parts.filter((part) => !known.has(part))
  const problem = shapeProblem({ ...manifest, parts }) ?? contradiction(manifest)
  if (problem !== undefined) throw new TypeError(`This snapshot cannot be committed: its manifest ${problem}`)
  const plain = await encodeSignedJson(manifest, kind, { ...trust, name: nameOf(manifest) })
  if (plain.byteLength > maximumManifestBytes) {
    throw new SnapshotError(
      'limit-exceeded',
      `A manifest of ${plain.byteLength} bytes is larger than the format allows`,
    )
  }
  const bytes = plain.byteLength > compressManifestBeyondBytes ? await compress(plain, preferredCodec) : plain
  // As readers will see it: without what is `undefined`, and sharing nothing with the draft.
  const { checksum: _, ...written }: Manifest & { readonly checksum: string } = JSON.parse(decodeUtf8(plain))
  return { bytes, manifest: written, digest: digestOf(plain) }
}

/**
 * Checks everything that can be known of a manifest by itself. Rejects with `damaged`, `unsupported-version`,
 * `limit-exceeded`; with trusted keys also `unsigned`, `untrusted-key`, `bad-signature`; and with `wrong-group`,
 * `wrong-domain` or `replayed` when it was made for another place.
 */
export async function decodeManifest(
  stored: Uint8Array,
  place: ManifestPlace,
  trustedKeys?: readonly TrustedKey[],
): Promise<VerifiedManifest> {
  if (stored.byteLength > maximumManifestBytes) throw oversizedManifest(place)
  const codec = codecOfBytes(stored)
  const plain = codec === undefined ? stored : await decompress(stored, codec, maximumManifestBytes)
  const value = await decodeSignedJson(plain, kind, { trustedKeys, name: nameOf(place) })
  return { manifest: parse(value, place), digest: digestOf(plain) }
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
  refuseOtherPlace(value, place)
  const problem = contradiction(value)
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

/** A manifest that is right in itself, but was copied here. */
function refuseOtherPlace({ group, domain, sequence }: Manifest, place: ManifestPlace): void {
  if (group !== place.group) throw new SnapshotError('wrong-group', `${nameOf(place)} was made for another group`)
  if (domain !== place.domain) throw new SnapshotError('wrong-domain', `${nameOf(place)} was made for another domain`)
  if (sequence !== place.sequence)
    throw new SnapshotError('replayed', `${nameOf(place)} was made for number ${sequence}`)
}

function contradiction(manifest: Manifest): string | undefined {
  let previous = -1
  let entries = 0
  for (const part of manifest.parts) {
    if (part.bucket <= previous || part.bucket >= manifest.fanout) return 'names its parts out of order'
    previous = part.bucket
    entries += part.count
    const isSealed = part.key.endsWith('.sealed') && part.plain.digest.startsWith('hmac-')
    const isOpen = !part.key.endsWith('.sealed') && !part.plain.digest.startsWith('hmac-')
    if (manifest.sealing === undefined ? !isOpen : !isSealed) return 'has parts that are sealed and parts that are not'
  }
  const counted = Object.values(manifest.counts).reduce((sum, count) => sum + count, 0)
  if (counted !== entries) return 'counts its entries in two ways'
  return contentRoot(manifest.fanout, manifest.parts) === manifest.root ? undefined : 'does not match its root'
}

/** What is to be said of a manifest that nobody needs to read any further. */
export function oversizedManifest(place: ManifestPlace): SnapshotError {
  return new SnapshotError('limit-exceeded', `${nameOf(place)} is larger than the format allows`)
}

function nameOf({ group, domain, sequence }: ManifestPlace): string {
  return `Manifest ${sequence} of ${group}/${domain}`
}

function damaged(place: ManifestPlace, problem: string): SnapshotError {
  return new SnapshotError('damaged', `${nameOf(place)} ${problem}`)
}
