import type { Entry } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import { startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { etcdTarget } from '../../../src/snapshot/restore/etcd-target.ts'
import type { RestoreTarget } from '../../../src/snapshot/restore/restore-target.ts'
import { allAdded, restore } from './restore.ts'
import { everyKind, sorted } from './sample-entries.ts'

describeWithServer('etcd', 'restoring to a real etcd', () => {
  let etcd: Etcd
  let prefix: string
  let count = 0

  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(async () => {
    await etcd.stop()
  })
  beforeEach(() => {
    count += 1
    prefix = `/prefix-${count}`
  })

  const target = () => etcdTarget({ endpoints: [etcd.endpoint], prefix })
  const load = async () => etcdSource({ endpoints: [etcd.endpoint], prefix }).load()
  const put = async (key: string, value: string) => {
    const body = { key: btoa(`${prefix}/${key}`), value: btoa(value) }
    const response = await fetch(`${etcd.endpoint}/v3/kv/put`, { method: 'POST', body: JSON.stringify(body) })
    expect(response.ok).toBe(true)
  }

  it('gives back every entry as it was, of kinds that nobody knows too, and those that are no JSON', async () => {
    const entries: Entry[] = [
      ...everyKind(),
      { kind: 'x-unknown', id: 'ключ/1', value: [1, 'ü'] },
      { kind: 'routes', id: 'broken', value: '{"uri":' },
    ]
    expect(await restore(target(), entries)).toEqual(allAdded(entries.length))
    expect(sorted((await load()).resources)).toEqual(sorted(entries))
  })

  it('takes as many transactions as it needs', async () => {
    const entries = Array.from({ length: 300 }, (_, index) => ({
      kind: 'routes',
      id: `r${index}`,
      value: { uri: '/' },
    }))
    const { revision } = await load()
    expect(await restore(target(), entries)).toEqual(allAdded(300))
    expect((await load()).revision).toBe(revision + 5)
  })

  it('finishes what was broken off, and does nothing more when nothing is missing', async () => {
    const entries = Array.from({ length: 300 }, (_, index) => ({
      kind: 'routes',
      id: `r${index}`,
      value: { uri: '/' },
    }))
    const interruption = new AbortController()
    const inner = target()
    const stopping: RestoreTarget = {
      ...inner,
      apply: async (changes, options) =>
        inner.apply(changes, { ...options, onProgress: () => interruption.abort(new Error('stopped')) }),
    }
    await expect(restore(stopping, entries, { signal: interruption.signal })).rejects.toThrow('stopped')
    const left = 300 - (await load()).resources.length
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(300)

    expect(await restore(target(), entries)).toEqual(allAdded(left))
    const { revision } = await load()
    expect(await restore(target(), entries)).toEqual(allAdded(0))
    expect((await load()).revision).toBe(revision)
  })

  it('refuses a target that holds something else, until it is told what to do with that', async () => {
    const entries = everyKind()
    await put('routes/other', '{"uri":"/other"}')
    await put('routes/1', '{"uri":"/changed"}')
    await put('keyring/all', '{"keyring":"0123456789abcdef"}')
    const before = await load()
    await expect(restore(target(), entries)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/1 entries that the snapshot has not, 1 that differ; .*--merge.*--replace/),
    })
    expect(await load()).toEqual(before)

    expect(await restore(target(), entries, { mode: 'merge' })).toEqual({
      ...allAdded(entries.length - 1),
      changed: 1,
      kept: 1,
    })
    const other = { kind: 'routes', id: 'other', value: { uri: '/other' } }
    expect(sorted((await load()).resources)).toEqual(sorted([...entries, other]))

    expect(await restore(target(), entries, { mode: 'replace' })).toEqual({ ...allAdded(0), deleted: 1 })
    const after = await load()
    expect(sorted(after.resources)).toEqual(sorted(entries))
    // The instance half was none of its business.
    expect(after.instance).toHaveLength(1)
  })

  it('notices somebody else who writes there meanwhile, and overwrites nothing of theirs', async () => {
    const inner = target()
    const raced: RestoreTarget = {
      ...inner,
      async apply(changes, options) {
        await put('routes/1', '{"uri":"/theirs"}')
        return inner.apply(changes, options)
      },
    }
    await expect(restore(raced, everyKind())).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('somebody else writes there; 0 of 13 changes are made'),
    })
    expect((await load()).resources).toEqual([{ kind: 'routes', id: '1', value: { uri: '/theirs' } }])
  })

  it('takes a lost reply for what it is: everything is there already', async () => {
    const inner = target()
    const repeated: RestoreTarget = {
      ...inner,
      async apply(changes, options) {
        await inner.apply(changes, options)
        return inner.apply(changes, options)
      },
    }
    expect(await restore(repeated, everyKind())).toEqual(allAdded(13))
  })
})
