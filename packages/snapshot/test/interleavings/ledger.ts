import { zstdDecompressSync } from 'node:zlib'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import { entryKey, type Entry } from '../../src/entries/entry.ts'
import { layoutOf } from '../../src/format/layout.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { comparePositions } from '../../src/format/position.ts'
import type { Bucket, BucketChange } from './bucket.ts'
import type { RecordedSource } from './recorded-source.ts'

/** Watches a bucket and its readers from outside, and writes down every promise that is broken. */
export interface Ledger {
  readonly violations: readonly string[]
  /** Commits under a number that was taken once and pruned since. They must never be the newest. */
  readonly statistics: { commits: number; resurrected: number; reads: number }
  violate(sentence: string): void
  /** A publisher says that it has committed this. */
  reported(manifest: Manifest): void
  /** What a manifest names must be what the source was. */
  checkContent(manifest: Manifest, entries: readonly Entry[], who: string): void
  /** All that was committed is gone, and numbers begin anew. */
  wiped(): void
  newest(): Manifest | undefined
}

const layout = layoutOf('default', 'resources')

export function ledger(bucket: Bucket, sources: readonly RecordedSource[]): Ledger {
  const violations: string[] = []
  const statistics = { commits: 0, resurrected: 0, reads: 0 }
  const commits = new Set<string>()
  const present = new Map<number, Manifest>()
  const taken = new Set<number>()
  // Where every source stood when a number was committed.
  const revisions = new Map<number, ReadonlyMap<string, number>>()

  const violate = (sentence: string): void => {
    violations.push(sentence)
  }
  const newest = (): Manifest | undefined => present.get(Math.max(...present.keys()))

  function checkContent(manifest: Manifest, entries: readonly Entry[], who: string): void {
    const { source, position, sequence } = manifest
    const expected = sources.find(({ identity }) => identity === source.identity)?.at(position.revision)
    if (expected === undefined || inOneText(expected) !== inOneText(entries)) {
      violate(`${who}: snapshot ${sequence} is not what ${source.identity} was at revision ${position.revision}`)
    }
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
    const least = before && revisions.get(before.sequence)?.get(source.identity)
    if (least !== undefined && position.revision < least) {
      violate(`snapshot ${sequence} is stale: loaded at ${position.revision}, before ${before?.sequence} was known`)
    }
    revisions.set(sequence, new Map(sources.map((each) => [each.identity, each.state().revision])))
    checkNewest()
  }

  function onChange({ key, before, after }: BucketChange): void {
    if (key.startsWith(layout.parts) && after === undefined) checkNewest()
    const sequence = layout.sequenceOf(key)
    if (sequence === undefined) return
    if (before !== undefined && after !== undefined) violate(`the number ${sequence} was won twice`)
    if (after !== undefined) {
      const manifest = parseManifest(after)
      onCommit(manifest)
      if (newest() === manifest) checkContent(manifest, contentOf(bucket, manifest), 'the commit')
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
    checkContent,
    reported({ commitId, sequence }) {
      if (!commits.has(commitId)) violate(`snapshot ${sequence} was reported, but never committed`)
    },
    wiped() {
      present.clear()
      taken.clear()
    },
  }
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
