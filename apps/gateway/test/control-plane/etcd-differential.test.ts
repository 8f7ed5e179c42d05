import { silentLogger } from '@outlast/snapshot'
import { startEtcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { expect, it, onTestFinished } from 'vitest'

import { createEtcdApi } from '../../src/control-plane/etcd-api/create-etcd-api.ts'
import { base64, below, etcdClient, type EtcdAnswer, type EtcdClient } from './etcd-client.ts'
import { put, remove, scratchStore } from './scratch-store.ts'

const prefix = '/gateway_groups/default/'
const all = below(prefix)
const token = 'token'

/** What can be written through both, and how each is asked. */
interface Subject {
  readonly client: EtcdClient
  put(name: string, value: string): Promise<unknown>
  remove(name: string): Promise<unknown>
  compact(revision: number): Promise<unknown>
}

async function realEtcd(): Promise<Subject> {
  const etcd = await startEtcd()
  onTestFinished(() => etcd.stop())
  const client = etcdClient(etcd.endpoint)
  return {
    client,
    put: (name, value) => client.post('/v3/kv/put', { key: base64(prefix + name), value: base64(value) }),
    remove: (name) => client.post('/v3/kv/deleterange', { key: base64(prefix + name) }),
    compact: (revision) => client.post('/v3/kv/compaction', { revision: String(revision) }),
  }
}

async function ours(): Promise<Subject> {
  const store = await scratchStore()
  const app = createEtcdApi({ store, tokens: [{ group: 'default', token }], logger: silentLogger })
  onTestFinished(() => app.close())
  return {
    client: etcdClient(await app.listen({ host: '127.0.0.1', port: 0 }), token),
    put: (name, value) => put(store, prefix + name, value),
    remove: (name) => remove(store, prefix + name),
    compact: (revision) => store.compact({ revision }),
  }
}

/** The same calls in the same order for both; everything that came back. */
async function script(subject: Subject): Promise<unknown[]> {
  const { client } = subject
  const transcript: unknown[] = []
  const range = async (fields: object): Promise<void> => {
    const { status, body } = await client.post('/v3/kv/range', fields)
    transcript.push({ call: fields, status, body: normalized(body) })
  }
  const watch = async (fields: object, frames: number, between?: () => Promise<unknown>): Promise<void> => {
    const stream = await client.watch(fields)
    const seen = [normalized(await stream.next())]
    await between?.()
    for (let frame = 1; frame < frames; frame += 1) {
      seen.push(normalized(await stream.next()))
    }
    stream.stop()
    transcript.push({ watch: fields, status: stream.status, seen })
  }

  await range(all)
  await range({ key: base64(`${prefix}routes/1`) })
  await subject.put('routes/1', '{"uri":"/ä"}') // revision 2
  await subject.put('routes/2', '') // 3
  await subject.put('routes/1', '{"uri":"/b"}') // 4
  await subject.put('upstreams/1', '{}') // 5
  await subject.remove('routes/2') // 6
  await subject.remove('routes/never')
  await subject.put('routes/2', '{"again":true}') // 7
  await subject.put('routes/3', '') // 8

  await range(all)
  await range({ key: base64(`${prefix}routes/3`) })
  await range({ ...all, limit: 2 })
  await range({ ...all, limit: '2' })
  await range({ ...all, limit: '4' })
  await range({ ...all, limit: '2', keys_only: true })
  await range({ ...all, countOnly: true })
  await range({ ...all, count_only: true, limit: 1 })
  await range({ ...all, key: base64(`${prefix}routes/1\0`), limit: '1', revision: '8' })
  for (let revision = 1; revision <= 8; revision += 1) {
    await range({ ...all, revision: String(revision) })
  }
  await range({ ...all, revision: -1 })
  await range({ ...all, revision: '9' })
  await range({ ...all, min_mod_revision: '7' })
  await range({ ...all, min_mod_revision: '7', limit: 1, keys_only: true })
  await range({ ...all, min_mod_revision: '9', limit: 1 })
  await range({ ...all, sort_order: 'ASCEND', sort_target: 'KEY', serializable: true })
  await range({ key: base64(`${prefix}routes/3`), range_end: base64(`${prefix}routes/1`) })
  await range({ ...all, unheard_of: 1 })

  await watch({ ...all, start_revision: '2' }, 2)
  await watch({ key: base64(`${prefix}routes/2`), start_revision: 2 }, 2)
  await watch({ ...all, start_revision: '8', watch_id: '7' }, 2)
  await watch(all, 2, () => subject.put('routes/4', '{"live":true}')) // 9
  await watch(all, 2, () => subject.remove('routes/4')) // 10
  await watch({ ...all, start_revision: '12' }, 2, async () => {
    await subject.put('routes/5', '{"before":true}') // 11
    await subject.put('routes/5', '{"then":true}') // 12
  })

  await subject.compact(9)
  await range({ ...all, revision: '8' })
  await range({ ...all, revision: '9' })
  await watch({ ...all, start_revision: '5' }, 2)
  await watch({ ...all, start_revision: '8' }, 2)
  await watch({ ...all, start_revision: '9' }, 2)
  await watch({ ...all, start_revision: '10' }, 2)
  return transcript
}

/** Without what must differ: identities. */
function normalized(body: EtcdAnswer | undefined): unknown {
  if (body?.header !== undefined) {
    const { cluster_id, member_id, raft_term, ...header } = body.header
    for (const id of [cluster_id, member_id, raft_term]) {
      expect(id).toMatch(/^[1-9]\d*$/)
    }
    return { ...body, header }
  }
  return body
}

const wrongRequests: readonly [string, unknown, number][] = [
  ['no key', {}, 3],
  ['an empty body', '', 3],
  ['no JSON', 'nope', 3],
  ['no base64', { key: '!!' }, 3],
  ['a number as key', { key: 5 }, 3],
  ['a word as limit', { ...all, limit: 'x' }, 3],
]

describeWithServer('etcd', 'etcd API beside a real etcd', () => {
  it('answers one scripted client as etcd does', async () => {
    const [expected, actual] = await Promise.all([realEtcd().then(script), ours().then(script)])
    expect(actual).toEqual(expected)
  })

  it('refuses wrong requests with the same status and code', async () => {
    const etcd = await realEtcd()
    const mine = await ours()
    for (const [what, body, code] of wrongRequests) {
      for (const { client } of [etcd, mine]) {
        const answer = await client.post('/v3/kv/range', body)
        expect({ what, status: answer.status, body: answer.body }).toEqual({
          what,
          status: 400,
          body: { error: answer.body.message, message: expect.any(String), code },
        })
      }
    }
  })

  it('answers status, unknown paths and wrong methods alike', async () => {
    const etcd = await realEtcd()
    const mine = await ours()
    const theirStatus = await etcd.client.post('/v3/maintenance/status', {})
    const ourStatus = await mine.client.post('/v3/maintenance/status', {})
    const { dbSize, dbSizeInUse, ...theirs } = theirStatus.body
    expect({ dbSize, dbSizeInUse }).toEqual({ dbSize: expect.any(String), dbSizeInUse: expect.any(String) })
    expect(Object.keys(ourStatus.body)).toEqual(Object.keys(theirs))
    const unknown = await Promise.all([etcd, mine].map(({ client }) => client.post('/v3/nothing', {})))
    expect(unknown[1]).toEqual(unknown[0])
  })
})
