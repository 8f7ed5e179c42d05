import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { snapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { runOutlast } from '../snapshot/run-outlast.ts'
import { startNode, type StartedNode } from './start-node.ts'

describe('outlast dp', () => {
  let folder: string
  let node: StartedNode | undefined
  const file = (name: string) => join(folder, name)
  const run = async (...words: readonly string[]) => runOutlast(['dp', ...words, '--data', file('data')])

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-pace-'))
  })
  afterEach(async () => {
    await node?.process.end('SIGKILL')
    node = undefined
    await rm(folder, { recursive: true, force: true })
  })

  const writeConfig = async (pace: object): Promise<void> => {
    const deployment = {
      role_data_plane: { config_provider: 'yaml', ...pace },
      fallback_cp: { interval: 1, filesystem: { path: file('backup') } },
    }
    await writeFile(file('config.yaml'), JSON.stringify({ deployment }))
  }
  const publish = async (revision: number): Promise<void> => {
    const storage = fsStorage({ path: file('backup') })
    const store = snapshotStore({ group: 'default', instance: storage, resources: storage })
    const uri = `/${revision}`
    const entries = [{ kind: 'routes', id: 'a', value: { uri, upstream: { nodes: { '127.0.0.1:1': 1 } } } }]
    const publication = await store.resources.begin()
    await publication.publish({ entries, position: { epoch: 1, revision }, source: { identity: 'cp' } })
  }
  const start = async (): Promise<StartedNode> => {
    node = await startNode('dp', { config: file('config.yaml'), data: file('data') })
    return node
  }
  const runs = async (started: StartedNode, revision: number): Promise<void> => {
    await eventually(`it runs ${revision}`, async () => (await started.detail()).position?.revision === revision)
  }

  it('delays what is new while its file says so, and shows it', async () => {
    await writeConfig({ apply_delay: 3_600 })
    await publish(1)
    const started = await start()
    await started.untilReady()
    await publish(2)
    const delayed = await eventually('something waits', async () => (await started.detail()).delayed)
    expect(delayed).toMatchObject({ position: { epoch: 1, revision: 2 }, dueAt: delayed.seenAt + 3_600_000 })
    expect(await started.detail()).toMatchObject({ position: { revision: 1 }, pace: { applyDelayMs: 3_600_000 } })
    const { stdout } = await run('status')
    expect(stdout).toMatch(/^delayed: takes what is new when it has known of it for 60 min$/m)
    expect(stdout).toMatch(/^ {2}1\/2 of .* takes effect in 59 min$/m)

    await run('fetch-now', '--reason', 'INC-7')
    await runs(started, 2)
    await publish(3)
    await eventually('something waits again', async () => (await started.detail()).delayed)
    await writeConfig({})
    expect(await runOutlast(['reload', '--data', file('data')])).toMatchObject({ exitCode: 0 })
    await runs(started, 3)
    expect((await started.detail()).pace.applyDelayMs).toBe(0)
  })

  it('does not go below its floor until an operator takes it away', async () => {
    await writeConfig({ stable_after: 1 })
    await publish(1)
    await publish(2)
    await publish(3)
    const before = await start()
    await eventually('the floor has risen', async () => (await before.detail()).floors.length === 1)
    expect((await run('status')).stdout).toMatch(/^floor of .*: 1\/3, rose \d+ s ago$/m)
    const note = await eventually('the floor is on the disk', async () => stat(file('data/floors.json')))
    expect(note.mode & 0o777).toBe(0o600)
    await before.process.end('SIGTERM')

    // The newest snapshot is gone, and so is the node's own copy.
    await rm(file('data/snapshots'), { recursive: true })
    const domain = file('backup/groups/default/resources')
    await rm(join(domain, 'manifests/000000000003.json'))
    await rm(join(domain, 'head.json'))
    const after = await start()
    await eventually('it says why', async () =>
      (await after.detail()).sources.stores[0]?.lastError?.message.includes('below the floor'),
    )
    expect(await after.isReady()).toBe(false)
    expect(await run('reset-floor', '--actor', 'ada', '--reason', 'INC-8')).toMatchObject({
      exitCode: 0,
      stdout: 'reset-floor: done\n',
    })
    await runs(after, 2)
    expect(after.process.output()).toMatch(/"audit":"reset-floor","actor":"ada","reason":"INC-8"/)
    expect(await readFile(file('data/floors.json'), 'utf8')).not.toContain('"revision":3')
  })
})
