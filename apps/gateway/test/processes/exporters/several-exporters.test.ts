import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createExporter, type Exporter } from '@outlast/exporter'
import { snapshotStore, type DomainStore, type Entry, type Snapshot, type SnapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { startServerProcess, type ServerProcess } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import { contentAt, numberedSource, writeRevision } from './numbered-source.ts'

const run = promisify(execFile)
const program = join(import.meta.dirname, 'exporter-process.ts')
const revisions = 100

describe('exporters as processes on one store', () => {
  let folder: string
  let path: string
  let file: string
  const processes: ServerProcess[] = []

  const startExporter = async (everyMs: number, ...more: readonly string[]): Promise<ServerProcess> => {
    const nodeArguments = ['--conditions=@outlast/source', program, path, file, String(everyMs), ...more]
    const started = await startServerProcess(process.execPath, nodeArguments)
    processes.push(started)
    return started
  }
  const openGroup = (): SnapshotStore => {
    const storage = fsStorage({ path })
    return snapshotStore({ group: 'default', resources: storage, instance: storage })
  }
  const openStore = (): DomainStore => openGroup().resources
  /** One in this process, that exports when it is told to. */
  const ownExporter = (): Exporter =>
    createExporter({ store: openGroup(), source: numberedSource(file), schedule: '@yearly' })
  const lastLine = (started: ServerProcess): unknown => JSON.parse(started.output().trim().split('\n').at(-1) ?? 'null')
  const isFrozen = async ({ pid }: ServerProcess): Promise<boolean> => {
    const { stdout } = await run('ps', ['-o', 'state=', '-p', String(pid)])
    return stdout.trim().startsWith('T')
  }
  const newestRevision = async (store: DomainStore): Promise<number | undefined> =>
    (await store.latest())?.manifest.position.revision

  const sorted = (entries: readonly Entry[]): Entry[] => entries.toSorted((a, b) => Number(a.id) - Number(b.id))

  /** Every snapshot is a state that the source had, none is older than the one before it, and the newest is the last one. */
  const expectConverged = async (lastRevision: number): Promise<void> => {
    const store = openStore()
    let previous = 0
    let reuse: Snapshot | undefined
    const sequences = (await store.sequences()).toReversed()
    for (const sequence of sequences) {
      reuse = await store.load(sequence, { reuse })
      const { revision } = reuse.manifest.position
      expect(revision).toBeGreaterThanOrEqual(previous)
      expect(sorted(reuse.entries)).toEqual(contentAt(revision))
      previous = revision
    }
    expect(previous).toBe(lastRevision)
    expect(sequences).toEqual(sequences.map((_sequence, index) => index + 1))
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-exporters-'))
    path = join(folder, 'store')
    file = join(folder, 'revision')
    await writeRevision(file, 1)
  })

  afterEach(async () => {
    await Promise.all(processes.splice(0).map(async (started) => started.end('SIGKILL')))
    await rm(folder, { recursive: true, force: true })
  })

  it.each(['before-it-commits', 'while-it-uploads'])(
    'lose nothing when one of two is frozen for a hundred publications %s, and goes on',
    async (when) => {
      const frozen = await startExporter(50, when, '2')
      const store = openStore()
      await eventually('the first snapshot is there', async () => (await newestRevision(store)) === 1)
      await writeRevision(file, 2)
      await eventually('one exporter is frozen', async () => isFrozen(frozen))
      expect(await newestRevision(store)).toBe(1)

      const other = ownExporter()
      for (let revision = 3; revision < 3 + revisions; revision++) {
        await writeRevision(file, revision)
        expect((await other.exportOnce()).resources.status).toBe('published')
      }
      const last = 2 + revisions
      frozen.signal('SIGCONT')
      await eventually('it has found out', async () => {
        expect(lastLine(frozen)).toEqual({ outcome: 'unchanged', revision: last, lostRaces: 1 })
        return true
      })
      await expectConverged(last)
      await writeRevision(file, last + 1)
      await eventually('it publishes again', async () => (await newestRevision(store)) === last + 1)
      await expectConverged(last + 1)
    },
  )

  it.each(['before-it-commits', 'while-it-uploads'])(
    'lose nothing when one of five is frozen for a hundred publications %s, and goes on',
    async (when) => {
      const frozen = await startExporter(50, when, '2')
      const store = openStore()
      await eventually('the first snapshot is there', async () => (await newestRevision(store)) === 1)
      await writeRevision(file, 2)
      await eventually('one exporter is frozen', async () => isFrozen(frozen))
      const others = await Promise.all(Array.from({ length: 3 }, async () => startExporter(100)))
      const own = ownExporter()
      // Each is published before the next, by whoever is quickest; the others lose, or find it done.
      for (let revision = 3; revision < 3 + revisions; revision++) {
        await writeRevision(file, revision)
        await own.exportOnce()
        expect(await newestRevision(store)).toBe(revision)
      }
      const last = 2 + revisions
      frozen.signal('SIGCONT')
      for (const started of [frozen, ...others]) {
        await eventually('all have found out', async () => {
          expect(lastLine(started)).toMatchObject({ outcome: 'unchanged', revision: last })
          return true
        })
      }
      await expectConverged(last)
    },
  )
})
