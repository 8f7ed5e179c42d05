import type { Entry } from '@outlast/snapshot'
import { startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { changesPerTransaction, etcdSource, etcdWriter, type EtcdChange } from '../src/index.ts'
import { etcdWriter as stranger } from './etcd-writer.ts'

describeWithServer('etcd', 'writing to a real etcd', () => {
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

  const options = () => ({ endpoints: [etcd.endpoint], prefix })
  const load = async () => etcdSource(options()).load()
  const write = async (changes: readonly EtcdChange[], since: number) => etcdWriter(options()).write(changes, { since })
  const route = (id: string, uri: string): Entry => ({ kind: 'routes', id, value: { uri } })

  it('makes all changes at one revision, and a source reads them', async () => {
    const { revision } = await load()
    expect(await write([{ type: 'create', entry: route('1', '/a') }], revision)).toBe('committed')
    const before = await load()
    const changes: readonly EtcdChange[] = [
      { type: 'replace', entry: route('1', '/b') },
      { type: 'create', entry: { kind: 'consumers', id: 'jack/credentials/a', value: 'no JSON' } },
    ]
    expect(await write(changes, before.revision)).toBe('committed')
    const after = await load()
    expect(after.revision).toBe(before.revision + 1)
    expect(after.resources).toEqual([
      { kind: 'consumers', id: 'jack/credentials/a', value: 'no JSON' },
      route('1', '/b'),
    ])
    expect(await write([{ type: 'remove', entry: { kind: 'routes', id: '1' } }], after.revision)).toBe('committed')
    expect((await load()).resources).toHaveLength(1)
  })

  it.each<[string, EtcdChange]>([
    ['creating what is there by now', { type: 'create', entry: route('1', '/mine') }],
    ['replacing what has changed', { type: 'replace', entry: route('1', '/mine') }],
    ['removing what has changed', { type: 'remove', entry: { kind: 'routes', id: '1' } }],
    ['replacing what is gone', { type: 'replace', entry: route('gone', '/mine') }],
  ])('changes nothing when one of the changes would be %s', async (_, change) => {
    const { revision } = await load()
    await stranger(etcd.endpoint).put(`${prefix}/routes/1`, { uri: '/theirs' })
    const innocent: EtcdChange = { type: 'create', entry: route('2', '/x') }
    expect(await write([innocent, change], revision)).toBe('conflict')
    expect((await load()).resources).toEqual([route('1', '/theirs')])
  })

  it('takes as many replacements at once as it says', async () => {
    const entries = Array.from({ length: changesPerTransaction }, (_, index) => route(String(index), '/a'))
    const changes = (type: 'create' | 'replace') => entries.map((entry) => ({ type, entry }))
    expect(await write(changes('create'), (await load()).revision)).toBe('committed')
    expect(await write(changes('replace'), (await load()).revision)).toBe('committed')
    await expect(write([...changes('replace'), ...changes('create')], 1)).rejects.toThrow(TypeError)
  })
})
