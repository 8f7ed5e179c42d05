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
const progressIntervalMs = 100

/** What can be written through both, and how each is asked. */
interface Subject {
  readonly client: EtcdClient
  put(name: string, value: string): Promise<unknown>
  remove(name: string): Promise<unknown>
  compact(revision: number): Promise<unknown>
}

async function realEtcd(): Promise<Subject> {
  const etcd = await startEtcd({ flags: [`--experimental-watch-progress-notify-interval=${progressIntervalMs}ms`] })
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
  const tokens = [{ group: 'default', token }]
  const app = createEtcdApi({ store, tokens, logger: silentLogger, progressIntervalMs })
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
  await watch({ ...all, start_revision: '2', progress_notify: true }, 3)
  await watch({ ...all, progress_notify: true }, 3)
  await watch({ ...all, start_revision: -1, watch_id: -5 }, 1)
  await watch({ key: all.key, rangeEnd: all.range_end, startRevision: '8', progressNotify: false }, 2)
  await watch({ key: base64(`${prefix}routes/3`), range_end: base64(`${prefix}routes/1`) }, 1)

  await watch(all, 2, () => subject.put('routes/4', '{"live":true}')) // 9
  await watch(all, 2, () => subject.remove('routes/4')) // 10
  await watch({ ...all, start_revision: '12' }, 2, async () => {
    await subject.put('routes/5', '{"before":true}') // 11
    await subject.put('routes/5', '{"then":true}') // 12
  })

  // Pages of one revision, while the store moves on.
  await range({ ...all, limit: 2 })
  await subject.put('routes/0', '{"meanwhile":true}') // 13
  await subject.remove('routes/3') // 14
  for (const after of ['routes/1', 'routes/2', 'routes/3', 'routes/5', 'upstreams/1']) {
    await range({ ...all, key: base64(`${prefix}${after}\0`), limit: '2', revision: '12' })
  }
  await range({ ...all, limit: '2', revision: '12', count_only: true })
  await range({ ...all, min_mod_revision: '13' })

  await subject.compact(9)
  await range({ ...all, limit: 2, revision: '8' })
  await range({ key: base64(`${prefix}routes/1`), revision: '1' })
  await range({ ...all, revision: '99' })
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
      if (!/^[1-9]\d*$/.test(id ?? '')) throw new Error(`${id} identifies nothing`)
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
  ['base64 of the wrong length', { key: 'YQ' }, 3],
  ['base64 of another alphabet', { key: 'Y-__' }, 3],
  ['a number as end', { ...all, range_end: 5 }, 3],
  ['a list instead of fields', [], 3],
  ['a number instead of fields', '5', 3],
  ['half of a request', '{"key":', 3],
  ['a word as limit', { ...all, limit: 'x' }, 3],
  ['half an integer as limit', { ...all, limit: 1.5 }, 3],
  ['an integer with an exponent as limit', { ...all, limit: '1e0' }, 3],
  ['an integer beyond all bounds as limit', { ...all, limit: '99999999999999999999' }, 3],
  ['a boolean as limit', { ...all, limit: true }, 3],
  ['an empty text as revision', { ...all, revision: '' }, 3],
  ['a hexadecimal revision', { ...all, revision: '0x1' }, 3],
  ['a word as revision', { ...all, revision: 'x' }, 3],
  ['a text as boolean', { ...all, keys_only: 'true' }, 3],
  ['a number as boolean', { ...all, count_only: 1 }, 3],
  ['a revision of the future', { ...all, revision: '1000' }, 11],
]

/** Taken as if they were not there. */
const emptyFields: readonly object[] = [
  { limit: null },
  { limit: '0' },
  { limit: -1 },
  { revision: null },
  { revision: -1 },
  { keys_only: null },
  { sort_order: 'NONE', sort_target: 'KEY' },
  { min_mod_revision: '0' },
]

/** Of a stream etcd's gateway says "unknown" with 500, where it says "invalid argument" with 400 otherwise. */
const wrongWatches: readonly unknown[] = [
  'nope',
  [],
  { create_request: 5 },
  { create_request: { key: '!!' } },
  { create_request: { ...all, start_revision: 'x' } },
  { create_request: { ...all, progress_notify: 'true' } },
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

  it('refuses wrong watches, each in its words', async () => {
    const etcd = await realEtcd()
    const mine = await ours()
    for (const wrong of wrongWatches) {
      for (const [{ client }, status] of [
        [etcd, 500],
        [mine, 400],
      ] as const) {
        const answer = await client.post('/v3/watch', wrong)
        expect([wrong, answer.status, answer.body]).toEqual([
          wrong,
          status,
          { error: answer.body.message, message: expect.any(String), code: expect.any(Number) },
        ])
      }
    }
  })

  it('takes fields that say nothing for fields that are not there', async () => {
    const subjects = [await realEtcd(), await ours()]
    for (const subject of subjects) await subject.put('routes/1', '{}')
    for (const fields of emptyFields) {
      const [theirs, mine] = await Promise.all(
        subjects.map(async ({ client }) => {
          const { status, body } = await client.post('/v3/kv/range', { ...all, ...fields })
          return { fields, status, body: normalized(body) }
        }),
      )
      expect(mine).toEqual(theirs)
      expect(mine).toMatchObject({ status: 200, body: { count: '1' } })
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
