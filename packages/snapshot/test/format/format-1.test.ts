import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { memoryStorage, readOnly, type StorageReader } from '@outlast/storage'
import { beforeAll, describe, expect, it } from 'vitest'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'

const folder = join(import.meta.dirname, 'fixtures/format-1')
let storage: StorageReader

/** A store that an early version of this package wrote. It must stay readable for ever. */
beforeAll(async () => {
  const memory = memoryStorage()
  for await (const file of glob('**/*.{json,zst}', { cwd: folder })) {
    await memory.put(file, await readFile(join(folder, file)))
  }
  storage = readOnly(memory)
})

describe('a store of format 1', () => {
  it('gives its newest snapshot with what the head says', async () => {
    const { resources } = snapshotStore({ group: 'default', resources: storage, instance: storage })
    const latest = await resources.latest()
    expect(latest).toMatchObject({
      manifest: { sequence: 2, fanout: 4, counts: { routes: 900, upstreams: 1, consumers: 1, 'x-unknown': 1 } },
      matchedRevision: 8,
    })
    expect(latest?.manifest.needs).toEqual({ instance: { epoch: 1, revision: 3 } })
  })

  it('gives every entry of every snapshot as it was published', async () => {
    const { resources, instance } = snapshotStore({ group: 'default', resources: storage, instance: storage })
    expect((await resources.load(1)).entries).toEqual([
      { kind: 'consumers', id: 'jack/credentials/key-1', value: { plugins: { 'key-auth': { key: 'sample' } } } },
      { kind: 'upstreams', id: 'u', value: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } } },
      {
        kind: 'x-unknown',
        id: 'ünïcödé/🙂',
        value: { 10: [1.5, 1e21, 0, null], 9: '\u0000\u2028', __proto__x: true },
      },
    ])
    expect((await resources.load(2)).entries).toHaveLength(903)
    expect((await instance.load(1)).entries).toEqual([{ kind: 'keyring', id: '1', value: { key: 'sample' } }])
  })

  it('tells its history', async () => {
    const { resources } = snapshotStore({ group: 'default', resources: storage, instance: storage })
    const history = await collect(resources.history())
    expect(history.map(({ position }) => position.revision)).toEqual([8, 7])
  })
})
