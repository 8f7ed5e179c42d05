import { zstdDecompressSync } from 'node:zlib'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import { entryKey, type Entry } from '../../src/entries/entry.ts'
import { layoutOf } from '../../src/format/layout.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { comparePositions } from '../../src/format/position.ts'
import type { SnapshotDraft } from '../../src/publish/publish-draft.ts'
import type { Bucket, BucketChange } from './bucket.ts'
import type { RecordedSource, RecordedState } from './recorded-source.ts'

/** Watches a bucket and its readers from outside, and writes down every promise that is broken. */
export interface Ledger {
  readonly violations: readonly string[]
  /** Commits under a number that was taken once and pruned since. They must never be the newest. */
  readonly statistics: Statistics
  violate(sentence: string): void
  /** A publisher is about to publish this, of this era of its source. */
  announced(draft: Pick<SnapshotDraft, 'position' | 'source'>, origin: Origin): void
  /** A publisher refuses to let this state follow. */
  held(who: string, base: Manifest | undefined, state: RecordedState): void
  /** A publisher says that it has committed this. */
  reported(manifest: Manifest): void
  /** What a manifest names must be what the source was. */
  checkContent(manifest: Manifest, entries: readonly Entry[], who: string): void
  /** All that was committed is gone, and numbers begin anew. */
  wiped(): void
  newest(): Manifest | undefined
  /** What the newest snapshot holds. */
  newestEntries(): readonly Entry[]
}

interface Statistics {
  commits: number
  /** … of states that were followed instead of loaded. */
  followed: number
  /** … under a new epoch, because the same source was started anew with equal content. */
  continued: number
  resurrected: number
  reads: number
  holds: number
}

interface Origin {
  readonly era: number
  readonly isLoaded: boolean
}

const layout = layoutOf('default', 'resources')

export function ledger(bucket: Bucket, sources: readonly RecordedSource[]): Ledger {
  const violations: string[] = []
  const statistics: Statistics = { commits: 0, followed: 0, continued: 0, resurrected: 0, reads: 0, holds: 0 }
  const commits = new Set<string>()
  const present = new Map<number, Manifest>()
  const taken = new Set<number>()
  // Where every source stood when a number was committed.
  const standings = new Map<number, ReadonlyMap<string, RecordedState>>()
  // What publishers may be committing at a position, and which eras an epoch began with.
  const announcements = new Map<string, Origin[]>()
  const erasOfEpochs = new Map<string, ReadonlySet<number>>()

  const violate = (sentence: string): void => {
    violations.push(sentence)
  }
  const newest = (): Manifest | undefined => present.get(Math.max(...present.keys()))

  function statesOf({ source, position }: Manifest, entries: readonly Entry[]): readonly RecordedState[] {
    const states = sources.find(({ identity }) => identity === source.identity)?.at(position.revision) ?? []
    const text = inOneText(entries)
    return states.filter(({ resources }) => inOneText(resources) === text)
  }

  function checkContent(manifest: Manifest, entries: readonly Entry[], who: string): void {
    if (statesOf(manifest, entries).length > 0) return
    const { source, position, sequence } = manifest
    violate(`${who}: snapshot ${sequence} is not what ${source.identity} was at revision ${position.revision}`)
  }

  /** Under the same epoch, what a source has not modified since the snapshot before must be as it is there. */
  function checkLineage(before: Manifest, manifest: Manifest, entries: readonly Entry[]): void {
    const { source, position, sequence } = manifest
    if (before.source.identity !== source.identity || before.position.epoch !== position.epoch) return
    const known = new Set(contentOf(bucket, before).map((entry) => canonicalJson({ ...entry })))
    const continues = ({ resources, modified }: RecordedState): boolean =>
      resources.every(
        (entry) =>
          (modified.resources.get(entryKey(entry)) ?? 0) > before.position.revision ||
          known.has(canonicalJson({ ...entry })),
      )
    if (!statesOf(manifest, entries).some(continues))
      violate(`snapshot ${sequence} is of another lineage than ${before.sequence}, under the same epoch`)
  }

  function checkFreshness(before: Manifest, manifest: Manifest, origins: readonly Origin[]): void {
    const { sequence, source, position } = manifest
    const stood = standings.get(before.sequence)?.get(source.identity)
    const isFresh = ({ era, isLoaded }: Origin): boolean =>
      stood === undefined || !isLoaded || era > stood.era || (era === stood.era && position.revision >= stood.revision)
    if (!origins.some(isFresh))
      violate(`snapshot ${sequence} is stale: loaded at ${position.revision}, before ${before.sequence} was known`)
  }

  function checkNewest(): void {
    const manifest = newest()
    const missing = manifest?.parts.find((part) => !bucket.objects.has(layout.part(part)))
    if (missing !== undefined) violate(`the newest snapshot ${manifest?.sequence} has lost the part ${missing.key}`)
  }

  function onCommit(manifest: Manifest): void {
    const { sequence, position, source, commitId } = manifest
    const before = newest()
    commits.add(commitId)
    present.set(sequence, manifest)
    if (taken.has(sequence)) {
      // Its number was pruned, which needs newer ones: it may only be one that nobody looks for any more.
      statistics.resurrected += 1
      if (newest() === manifest) violate(`the number ${sequence} has two winners`)
      return
    }
    statistics.commits += 1
    taken.add(sequence)
    if (before !== undefined && before.sequence > sequence)
      violate(`snapshot ${sequence} comes after ${before.sequence}`)
    if (before !== undefined && comparePositions(position, before.position) < 0) {
      violate(`snapshot ${sequence} stands behind ${before.sequence}`)
    }
    // What was there before everybody is of the first era.
    const origins = announcements.get(placeOf(manifest)) ?? [{ era: 0, isLoaded: true }]
    if (before !== undefined) checkFreshness(before, manifest, origins)
    if (!origins.some(({ isLoaded }) => isLoaded)) statistics.followed += 1
    const epoch = epochOf(manifest)
    const began = Math.min(...(erasOfEpochs.get(epoch) ?? [0]))
    if (origins.every(({ era }) => era < began))
      violate(`snapshot ${sequence} is of an era that was over when its epoch began`)
    if (!erasOfEpochs.has(epoch)) {
      erasOfEpochs.set(epoch, new Set(origins.map(({ era }) => era)))
      if (before?.source.identity === source.identity) statistics.continued += 1
    }
    standings.set(sequence, new Map(sources.map((each) => [each.identity, each.state()])))
    checkNewest()
  }

  function onChange({ key, before, after }: BucketChange): void {
    if (key.startsWith(layout.parts) && after === undefined) checkNewest()
    const sequence = layout.sequenceOf(key)
    if (sequence === undefined) return
    if (before !== undefined && after !== undefined) violate(`the number ${sequence} was won twice`)
    if (after !== undefined) {
      const manifest = parseManifest(after)
      const previous = newest()
      onCommit(manifest)
      if (newest() === manifest) {
        const entries = contentOf(bucket, manifest)
        checkContent(manifest, entries, 'the commit')
        if (previous !== undefined) checkLineage(previous, manifest, entries)
      }
    }
    if (after === undefined && present.delete(sequence)) {
      if ([...present.keys()].every((other) => other < sequence)) violate(`the newest snapshot ${sequence} was deleted`)
    }
  }

  bucket.listeners.push(onChange)
  for (const [key, { bytes }] of bucket.objects)
    if (layout.sequenceOf(key) !== undefined) onCommit(parseManifest(bytes))

  return {
    violations,
    statistics,
    violate,
    newest,
    newestEntries: () => {
      const manifest = newest()
      return manifest === undefined ? [] : contentOf(bucket, manifest)
    },
    checkContent,
    announced(draft, origin) {
      const place = placeOf(draft)
      announcements.set(place, [...(announcements.get(place) ?? []), origin])
    },
    held(who, base, { era }) {
      statistics.holds += 1
      const eras = base && erasOfEpochs.get(epochOf(base))
      if (eras?.size === 1 && eras.has(era)) violate(`${who} holds although its source went on`)
    },
    reported({ commitId, sequence }) {
      if (!commits.has(commitId)) violate(`snapshot ${sequence} was reported, but never committed`)
    },
    wiped() {
      present.clear()
      taken.clear()
    },
  }
}

function placeOf({ source, position }: Pick<Manifest, 'source' | 'position'>): string {
  return `${source.identity} ${position.epoch}:${position.revision}`
}

function epochOf({ source, position }: Manifest): string {
  return `${source.identity} ${position.epoch}`
}

function parseManifest(bytes: Uint8Array): Manifest {
  // Small enough here never to be compressed; what is in it was checked by who wrote it.
  const manifest: Manifest = JSON.parse(Buffer.from(bytes).toString())
  return manifest
}

/** What a manifest's parts hold, read without any of the code under test. */
function contentOf(bucket: Bucket, { parts }: Manifest): Entry[] {
  return parts.flatMap((part) => {
    const object = bucket.objects.get(layout.part(part))
    const text = object === undefined ? '' : zstdDecompressSync(object.bytes).toString()
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Entry => JSON.parse(line))
  })
}

function inOneText(entries: readonly Entry[]): string {
  const sorted = entries.toSorted((left, right) => (entryKey(left) < entryKey(right) ? -1 : 1))
  return canonicalJson(sorted.map(({ kind, id, value }) => ({ kind, id, value })))
}
