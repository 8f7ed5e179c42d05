import { startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { etcdSource } from '../src/index.ts'
import { etcdWriter } from './etcd-writer.ts'

describeWithServer('etcd', 'authentication against a real etcd', () => {
  let etcd: Etcd

  beforeEach(async () => {
    etcd = await startEtcd()
    const writer = etcdWriter(etcd.endpoint)
    await writer.put('/apisix/routes/1', { uri: '/ip' })
    await writer.post('/v3/auth/role/add', { name: 'reader' })
    const perm = { permType: 'READ', key: btoa('/apisix/'), range_end: btoa('/apisix0') }
    await writer.post('/v3/auth/role/grant', { name: 'reader', perm })
    await writer.post('/v3/auth/user/add', { name: 'root', password: 'root-password' })
    await writer.post('/v3/auth/user/grant', { user: 'root', role: 'root' })
    await writer.post('/v3/auth/user/add', { name: 'outlast', password: 'right' })
    await writer.post('/v3/auth/user/grant', { user: 'outlast', role: 'reader' })
    await writer.post('/v3/auth/enable', {})
  })
  afterEach(async () => {
    await etcd.stop()
  })

  it('loads and watches with user and password, and needs no more than reading below the prefix', async () => {
    const source = etcdSource({ endpoints: [etcd.endpoint], user: 'outlast', password: 'right', heartbeatMs: 50 })
    const state = await source.load()
    expect(state.resources).toHaveLength(1)
    const updates = source.watch({ from: state })[Symbol.asyncIterator]()
    const first = await updates.next()
    await updates.return?.()
    expect(first.value).toStrictEqual({ type: 'progress', revision: state.revision })
  })

  it('fetches a new token when etcd has forgotten the old one', async () => {
    const source = etcdSource({ endpoints: [etcd.endpoint], user: 'outlast', password: 'right' })
    await source.load()
    await etcd.kill()
    const restarted = await startEtcd({ dataDir: etcd.dataDir, clientPort: etcd.clientPort })
    try {
      expect((await source.load()).resources).toHaveLength(1)
    } finally {
      await restarted.stop()
    }
  })

  it.each([
    ['a wrong password', { user: 'outlast', password: 'wrong' }],
    ['no credentials', {}],
    ['a wrong token', { token: 'nonsense' }],
    ['a prefix that the user may not read', { user: 'outlast', password: 'right', prefix: '/other' }],
  ])('reports %s as denied, without the credentials', async (_, options) => {
    const error: unknown = await etcdSource({ endpoints: [etcd.endpoint], ...options })
      .load()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'denied' })
    expect(String(error)).not.toMatch(/wrong|right|nonsense/)
  })
})
