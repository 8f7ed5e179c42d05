import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createExporter } from '@outlast/exporter'
import { memorySource, snapshotStore, type Entry } from '@outlast/snapshot'
import { instrumented, type StorageAdapter } from '@outlast/storage'
import { s3Storage } from '@outlast/storage-s3'
import { startRadosgw, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'

const run = promisify(execFile)
const route = (id: string, value: number): Entry => ({ kind: 'routes', id, value: { uri: `/${value}` } })

describeWithServer('radosgw', 'an exporter whose Ceph radosgw is killed and started again', () => {
  let server: Radosgw
  beforeAll(async () => {
    server = await startRadosgw()
  })
  afterAll(async () => {
    await server?.stop()
  })

  // The killed one last: a restarted radosgw creates no bucket until it has given up on its predecessor.
  it.each(['frozen', 'killed'] as const)(
    '(%s) calls it rarely meanwhile, and then brings exactly the final state',
    async (how) => {
      await server.createBucket(`backup-${how}`)
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      const plain = s3Storage({
        bucket: `backup-${how}`,
        endpoint,
        region,
        credentials: { accessKeyId, secretAccessKey },
        timeoutMs: 1_000,
      })
      let calls = 0
      const counted = instrumented(plain, () => {
        calls++
      })
      const open = (storage: StorageAdapter) =>
        snapshotStore({ group: 'default', resources: storage, instance: storage })
      const source = memorySource()
      const exporter = createExporter({ store: open(counted), source, schedule: '@every 1s' })
      source.put('instance', { kind: 'keyring', id: '1', value: {} })
      source.put('resources', route('first', 0))
      await exporter.start()
      let value = 0
      const changing = setInterval(() => {
        source.put('resources', route('changing', ++value))
      }, 20)
      try {
        await eventually('some are published', async () => exporter.status().counters.published > 3)
        if (how === 'killed') await server.kill()
        else server.pause()
        await eventually('the export fails', async () => exporter.status().failures > 0)
        calls = 0
        await sleep(4_000)
        await eventually('it is tried again', async () => exporter.status().failures > 1)
        // Two hundred changes; an attempt is one call to each domain that fails.
        expect(calls).toBeLessThan(30)
        if (how === 'killed') await server.restart()
        else server.resume()
        await eventually('it exports again', async () => exporter.status().failures === 0)
      } finally {
        clearInterval(changing)
      }
      const last = value
      await eventually('the final state is there', async () => {
        const { resources } = open(plain)
        const latest = await resources.latest()
        const { entries } = await resources.load(latest?.manifest ?? 0)
        expect(entries.map((entry) => entry.value)).toContainEqual({ uri: `/${last}` })
        expect(entries).toHaveLength(2)
        return true
      })
      await exporter.stop()
      for await (const { problems } of open(plain).resources.verify()) expect(problems).toEqual([])
    },
  )
})

// A mount namespace of our own: nothing outside sees the little disk, and it goes with the process.
const namespaced = ['--user', '--map-root-user', '--mount']
const mountable = spawnSync('unshare', [...namespaced, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

// Skipped where the system does not let a test mount a disk of its own (macOS, some containers).
describe.skipIf(!mountable)('an exporter on a real disk of 1 MiB, where a test may mount one', () => {
  it('keeps the last good snapshot while the disk is full, and goes on as soon as there is room', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outlast-full-disk-'))
    try {
      const script = join(import.meta.dirname, 'full-disk-process.ts')
      const shell = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$1" --conditions=@outlast/source "$2" "$0"'
      const { stdout } = await run('unshare', [...namespaced, 'sh', '-c', shell, folder, process.execPath, script])
      expect(JSON.parse(stdout)).toEqual({
        whileFull: { error: expect.stringMatching(/ENOSPC|space/), sequence: 1 },
        isFinal: true,
        problems: [],
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
