import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createExporter } from '@outlast/exporter'
import { memorySource, snapshotStore, type Entry } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { eventually } from '../../../src/demo/eventually.ts'

// Started in a mount namespace of its own, where this folder is a disk of 1 MiB. Reports what it saw as one line of JSON.
const disk = process.argv[2] ?? ''
const path = join(disk, 'store')
const ballast = join(disk, 'ballast')
const route = (id: number): Entry => ({ kind: 'routes', id: String(id), value: { uri: `/${id}`, desc: randomText() } })
const randomText = (): string => Array.from({ length: 40 }, () => Math.random().toString(36)).join('')

const source = memorySource()
const storage = fsStorage({ path })
const store = snapshotStore({ group: 'default', resources: storage, instance: storage })
const exporter = createExporter({ store, source, schedule: '@every 1s' })
source.put('resources', route(0))
await exporter.start()

// Whatever is left of the disk.
const blocks = Buffer.alloc(4096)
try {
  for (;;) await writeFile(ballast, blocks, { flag: 'a' })
} catch {
  // Full.
}
for (let id = 1; id <= 100; id++) source.put('resources', route(id))
await eventually('the export fails', async () => exporter.status().failures > 1)
const whileFull = {
  error: exporter.status().lastError?.message,
  sequence: (await store.resources.latest())?.manifest.sequence,
}

await rm(ballast)
await eventually('the export works again', async () => exporter.status().domains.resources.entries === 101)
await exporter.stop()
const latest = await snapshotStore({ group: 'default', resources: storage, instance: storage }).resources.latest()
const { entries } = await store.resources.load(latest?.manifest ?? 0)
const isFinal = entries.length === 101
const problems: unknown[] = []
for await (const verdict of store.resources.verify()) problems.push(...verdict.problems)
process.stdout.write(JSON.stringify({ whileFull, isFinal, problems }))
