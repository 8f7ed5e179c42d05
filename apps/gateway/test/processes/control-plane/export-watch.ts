import { isDeepStrictEqual } from 'node:util'
import { entryKey, snapshotStore, type Entry, type Manifest } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { fsStorage } from '@outlast/storage-fs'
import { expect } from 'vitest'
import { storedConfiguration } from './stored-configuration.ts'

/** Looks at every snapshot of a backup once, in their order. */
export interface ExportWatch {
  /**
   * Each new one holds exactly what the control plane held at its revision, follows the one before it, and is of the same
   * lineage. Resolves with how many there were.
   */
  expectConsistent(dataPlaneUrl: string): Promise<number>
  /** Whether the newest one that was looked at holds this. */
  hasLast(resources: ReadonlyMap<string, object>): boolean
}

interface Seen {
  readonly manifest: Manifest
  readonly digest: string
  readonly entries: ReadonlyMap<string, unknown>
}

/** `path` is that of the backup. */
export function exportWatch(path: string): ExportWatch {
  const storage = fsStorage({ path })
  const { resources: snapshots, instance } = snapshotStore({ group: 'default', instance: storage, resources: storage })
  let last: Seen | undefined

  async function read(sequence: number): Promise<Seen> {
    const { digest } = await snapshots.manifest(sequence)
    const { manifest, entries } = await snapshots.load(sequence)
    return { manifest, digest, entries: await inClear(entries) }
  }

  async function inClear(entries: readonly Entry[]): Promise<ReadonlyMap<string, unknown>> {
    const latest = await instance.latest()
    const keys = latest === undefined ? [] : (await instance.load(latest.manifest)).entries
    const fields = fieldProtection({ group: 'default' })(keys)
    return new Map(entries.map((entry) => [entryKey(entry), fields.reveal(entry).entry.value]))
  }

  async function expectConsistent(dataPlaneUrl: string): Promise<number> {
    const known = last?.manifest.sequence ?? 0
    const sequences = (await snapshots.sequences()).filter((sequence) => sequence > known).toSorted((a, b) => a - b)
    expect(sequences).toEqual(sequences.map((_, index) => known + 1 + index))
    for (const sequence of sequences) {
      const found = await read(sequence)
      const { manifest, entries } = found
      expect(manifest.previous).toBe(last?.digest)
      if (last !== undefined) expectSuccessor(manifest, last.manifest)
      const { resources } = await storedConfiguration(dataPlaneUrl, manifest.position.revision)
      expect({ sequence, entries }).toEqual({ sequence, entries: resources })
      last = found
    }
    return sequences.length
  }

  return { expectConsistent, hasLast: (resources) => isDeepStrictEqual(last?.entries, resources) }
}

function expectSuccessor(manifest: Manifest, before: Manifest): void {
  expect(manifest.source).toEqual(before.source)
  expect(manifest.position.epoch).toBe(before.position.epoch)
  expect(manifest.position.revision).toBeGreaterThan(before.position.revision)
}
