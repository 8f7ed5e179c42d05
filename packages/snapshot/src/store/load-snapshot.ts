import type { DomainContext, SignalOptions } from './domain-context.ts'
import type { Entry } from '../entries/entry.ts'
import { transferConcurrency } from '../format/limits.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { decodePart, type DecodedPart } from '../format/part-codec.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { unlessTooLarge } from './unless-too-large.ts'

/** A verified configuration in memory. Entries are in the order of buckets, and sorted within each. */
export interface Snapshot {
  readonly manifest: Manifest
  readonly entries: readonly Entry[]
  /** What `entryDigest` makes of each entry, in their order. */
  readonly digests: readonly string[]
}

/** Its entries are counted once, however many snapshots it is in. */
interface LoadedPart extends DecodedPart {
  readonly kinds: ReadonlyMap<string, number>
}

type Parts = ReadonlyMap<string, LoadedPart>

// Remembers which entries came from which part, so that the next load can take them over.
class LoadedSnapshot implements Snapshot {
  readonly manifest: Manifest
  readonly entries: readonly Entry[]
  readonly #parts: Parts
  #digests: readonly string[] | undefined

  constructor(manifest: Manifest, parts: Parts) {
    this.manifest = manifest
    // `concat` copies whole arrays, where `flat` asks about every entry.
    this.entries = new Array<Entry>().concat(...Array.from(parts.values(), ({ entries }) => entries))
    this.#parts = parts
  }

  // Not everybody asks for them.
  get digests(): readonly string[] {
    this.#digests ??= new Array<string>().concat(...Array.from(this.#parts.values(), ({ digests }) => digests))
    return this.#digests
  }

  static partsOf(snapshot: Snapshot | undefined): Parts {
    return snapshot !== undefined && #parts in snapshot ? snapshot.#parts : new Map()
  }
}

/** Fetches and verifies the parts that `reuse` lacks. Rejects with `damaged`, `not-yet`, or `missing-key`. */
export async function loadSnapshot(
  context: DomainContext,
  manifest: Manifest,
  options: SignalOptions & { readonly reuse?: Snapshot | undefined },
): Promise<Snapshot> {
  const { signal, reuse } = options
  const known = LoadedSnapshot.partsOf(reuse)
  const loaded = await mapConcurrently(manifest.parts, transferConcurrency, async (part) => {
    const name = partName(part, manifest.fanout)
    return [name, known.get(name) ?? loadedPart(await fetchPart(context, manifest, part, { signal }))] as const
  })
  const parts = new Map(loaded)
  const kindsOfParts = Array.from(parts.values(), ({ kinds }) => [...kinds])
  checkCounts(manifest, kindsOfParts.flat())
  return new LoadedSnapshot(manifest, parts)
}

function loadedPart(part: DecodedPart): LoadedPart {
  return { ...part, kinds: kindsOf(part.entries) }
}

/** One part of a snapshot, fetched and verified. Rejects with `damaged`, `not-yet`, or `missing-key`. */
export async function fetchPart(
  { storage, layout, sealers }: DomainContext,
  { fanout, sealing }: Pick<Manifest, 'fanout' | 'sealing'>,
  part: PartReference,
  options: SignalOptions,
): Promise<DecodedPart> {
  const sealer = await sealers.forReading({ sealing }, options)
  const asked = { maximumBytes: part.stored.size, signal: options.signal }
  const object = await unlessTooLarge(storage.get(layout.part(part), asked))
  if (object === undefined) throw new SnapshotError('not-yet', `${storage.name} does not have the part ${part.key}`)
  if (object === 'too-large') throw new SnapshotError('damaged', `The part ${part.key} is not what was stored`)
  return decodePart(object.bytes, part, fanout, sealer)
}

// What was checked for one bucket of one fan-out holds for no other.
function partName(part: PartReference, fanout: number): string {
  return `${fanout}/${part.bucket}/${part.plain.digest}`
}

/** How many entries there are of each kind. */
export function kindsOf(entries: readonly Entry[]): Map<string, number> {
  const kinds = new Map<string, number>()
  for (const { kind } of entries) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return kinds
}

/** Throws `damaged` when the entries of each kind are not as many as the manifest says. */
export function checkCounts(manifest: Manifest, counted: Iterable<readonly [kind: string, count: number]>): void {
  const left = new Map(Object.entries(manifest.counts))
  for (const [kind, count] of counted) left.set(kind, (left.get(kind) ?? 0) - count)
  if ([...left.values()].some((count) => count !== 0)) {
    throw new SnapshotError('damaged', `Manifest ${manifest.sequence} does not count its entries right`)
  }
}
