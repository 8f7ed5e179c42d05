import { silentLogger, systemClock } from '@outlast/snapshot'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createAdminApi } from '../../src/control-plane/admin-api/create-admin-api.ts'
import { createEtcdApi } from '../../src/control-plane/etcd-api/create-etcd-api.ts'
import { followGroups } from '../../src/control-plane/follow-groups.ts'
import { registerGroup, registrationKey } from '../../src/control-plane/gateway-groups.ts'
import { groupSpan } from '../../src/control-plane/group-keys.ts'
import { adminClient, keys } from './admin-client.ts'
import { below, etcdClient } from './etcd-client.ts'

const route = { uri: '/', upstream: { nodes: {} } }

function tokenIn(body: unknown): string {
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined
  return typeof token === 'string' ? token : ''
}

describe('Gateway groups', () => {
  it('are created, listed, changed and deleted; default is there from the start, and stays', async () => {
    const { call, setTime } = await adminClient()
    expect((await call('GET', 'gateway_groups')).body).toMatchObject({
      total: 1,
      list: [{ key: '/apisix/gateway_groups/default', value: { id: 'default' } }],
    })
    const created = await call('PUT', 'gateway_groups/edge', { desc: 'far away' })
    const value = { id: 'edge', desc: 'far away', create_time: 1000, update_time: 1000 }
    expect(created.status).toBe(201)
    expect(created.body).toEqual({
      key: '/apisix/gateway_groups/edge',
      value,
      token: expect.stringMatching(/^\S{32}$/),
    })
    setTime(2000)
    const changed = await call('PUT', 'gateway_groups/edge', { name: 'Edge' })
    const next = { id: 'edge', name: 'Edge', create_time: 1000, update_time: 2000 }
    expect([changed.status, changed.body]).toEqual([200, { key: '/apisix/gateway_groups/edge', value: next }])
    expect((await call('GET', 'gateway_groups')).body).toMatchObject({ total: 2 })
    expect((await call('GET', 'gateway_groups/edge')).body).toMatchObject({ value: next })
    expect((await call('DELETE', 'gateway_groups/default')).body).toEqual({
      error_msg: 'can not delete the gateway group default',
    })
    expect((await call('DELETE', 'gateway_groups/edge')).body).toMatchObject({ deleted: '1' })
    expect((await call('DELETE', 'gateway_groups/edge')).status).toBe(404)
    expect((await call('GET', 'gateway_groups/edge')).status).toBe(404)
  })

  it('that do not exist are 404 for every method, and nothing is written', async () => {
    const { call, store } = await adminClient()
    for (const [method, path, body] of [
      ['GET', 'routes', undefined],
      ['GET', 'routes/1', undefined],
      ['PUT', 'routes/1', route],
      ['POST', 'routes', route],
      ['PATCH', 'routes/1', {}],
      ['DELETE', 'routes/1', undefined],
    ] as const) {
      const answer = await call(method, `${path}?gateway_group_id=nowhere`, body)
      expect([method, answer.status, answer.body]).toEqual([
        method,
        404,
        { error_msg: 'gateway group [nowhere] not found' },
      ])
    }
    expect(await store.revision()).toBe(1)
  })

  it('are kept while they hold resources, unless forced; then these are there again with the group', async () => {
    const { call } = await adminClient()
    await call('PUT', 'gateway_groups/edge', {})
    await call('PUT', 'routes/1?gateway_group_id=edge', route)
    expect((await call('DELETE', 'gateway_groups/edge')).body).toEqual({
      error_msg: 'can not delete this gateway group, it still holds 1 resources',
    })
    expect((await call('DELETE', 'gateway_groups/edge?force=true')).status).toBe(200)
    expect((await call('GET', 'routes/1?gateway_group_id=edge')).status).toBe(404)
    await call('PUT', 'gateway_groups/edge', {})
    expect((await call('GET', 'routes/1?gateway_group_id=edge')).body).toMatchObject({ value: { uri: '/' } })
  })

  it('take nothing in that another control plane deletes at the same moment', async () => {
    const { call, store } = await adminClient()
    await call('PUT', 'gateway_groups/edge', {})
    let isThere = true
    const app = createAdminApi({
      keys,
      logger: silentLogger,
      store: {
        ...store,
        transaction: async (transaction) => {
          if (isThere) await store.transaction({ operations: [{ type: 'delete', key: registrationKey('edge') }] })
          isThere = false
          return store.transaction(transaction)
        },
      },
    })
    onTestFinished(() => app.close())
    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
    const response = await fetch(`${endpoint}/apisix/admin/routes/1?gateway_group_id=edge`, {
      method: 'PUT',
      headers: { 'x-api-key': 'admin-key' },
      body: JSON.stringify(route),
    })
    expect(response.status).toBe(404)
    expect((await store.range({ keys: groupSpan('edge') })).count).toBe(0)
  })

  it('of the configuration file cannot be deleted, for they would come back', async () => {
    const { call } = await adminClient({ configuredGroups: ['edge'] })
    await call('PUT', 'gateway_groups/edge', {})
    expect((await call('DELETE', 'gateway_groups/edge?force=true')).body).toEqual({
      error_msg: 'can not delete this gateway group, the configuration file still names it',
    })
  })

  it.each([
    ['a name that leads elsewhere', 'gateway_groups/..%2Fdefault', {}],
    ['an unknown field', 'gateway_groups/edge', { token: 'mine' }],
    ['a time', 'gateway_groups/edge', { create_time: 1 }],
    ['another id', 'gateway_groups/edge', { id: 'other' }],
  ])('refuse %s', async (_what, path, body) => {
    const { call, store } = await adminClient()
    expect((await call('PUT', path, body)).status).toBe(400)
    expect(await store.revision()).toBe(1)
  })

  it('let data planes in with the token that is told once, into their own group only, until they are deleted', async () => {
    const { call, store } = await adminClient()
    const app = createEtcdApi({ store, tokens: [{ group: 'default', token: 'of default' }], logger: silentLogger })
    onTestFinished(() => app.close())
    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
    const token = tokenIn((await call('PUT', 'gateway_groups/edge', {})).body)
    await call('PUT', 'routes/1?gateway_group_id=edge', route)
    const read = async (group: string) =>
      (await etcdClient(endpoint, token).post('/v3/kv/range', below(`/gateway_groups/${group}/`))).status

    expect([await read('edge'), await read('default')]).toEqual([200, 403])
    const { items } = await store.range({ keys: { from: '/', to: '0' } })
    expect(JSON.stringify(items)).not.toContain(token)
    await call('DELETE', 'gateway_groups/edge?force=true')
    expect(await read('edge')).toBe(401)
    const again = tokenIn((await call('PUT', 'gateway_groups/edge', {})).body)
    expect([again === token, await read('edge')]).toEqual([false, 401])
  })

  it('end the watches of data planes when they are deleted: who kept one open does not see the group come again', async () => {
    const { call, store } = await adminClient()
    const app = createEtcdApi({ store, tokens: [], logger: silentLogger })
    onTestFinished(() => app.close())
    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
    const token = tokenIn((await call('PUT', 'gateway_groups/edge', {})).body)
    const watch = await etcdClient(endpoint, token).watch(below('/gateway_groups/edge/'))
    expect(await watch.next()).toMatchObject({ created: true })
    await call('PUT', 'routes/1?gateway_group_id=edge', route)
    expect(await watch.next()).toMatchObject({ events: [{}] })
    await call('DELETE', 'gateway_groups/edge?force=true')
    await call('PUT', 'gateway_groups/edge', {})
    await call('PUT', 'routes/2?gateway_group_id=edge', route)
    expect(await watch.next()).toMatchObject({ canceled: true, cancel_reason: expect.stringContaining('denied') })
    expect(await watch.next()).toBeUndefined()
  })
})

describe('Gateway groups: another token', () => {
  it('is told once, lets data planes in, and ends what the one before was good for', async () => {
    const lines: object[] = []
    const note = (fields: object): void => void ('audit' in fields && lines.push(fields))
    const { call, store } = await adminClient({ logger: { debug: note, info: note, warn: note, error: note } })
    const app = createEtcdApi({ store, tokens: [], logger: silentLogger })
    onTestFinished(() => app.close())
    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
    const before = tokenIn((await call('PUT', 'gateway_groups/edge', {})).body)
    const all = below('/gateway_groups/edge/')
    const watch = await etcdClient(endpoint, before).watch(all)
    expect(await watch.next()).toMatchObject({ created: true })

    const answer = await call('POST', 'gateway_groups/edge/token')
    const after = tokenIn(answer.body)
    expect([answer.status, answer.body]).toEqual([200, { key: '/apisix/gateway_groups/edge', token: after }])
    expect([after.length, after === before]).toEqual([32, false])
    const status = async (token: string) => (await etcdClient(endpoint, token).post('/v3/kv/range', all)).status
    expect([await status(before), await status(after)]).toEqual([401, 200])
    await call('PUT', 'routes/1?gateway_group_id=edge', route)
    expect(await watch.next()).toMatchObject({ canceled: true })

    const { items } = await store.range({ keys: { from: '/', to: '0' } })
    expect(JSON.stringify([items, lines])).not.toContain(after)
    expect(lines[1]).toMatchObject({ action: 'rotate', kind: 'data_plane_tokens', id: 'edge' })
  })

  it('is refused where the configuration file gives the tokens, unless the group was created with one', async () => {
    const { call, store } = await adminClient({ configuredGroups: ['edge'] })
    await registerGroup(store, 'edge', systemClock)
    for (const group of ['default', 'edge']) {
      const answer = await call('POST', `gateway_groups/${group}/token`)
      expect([answer.status, answer.body]).toEqual([
        400,
        { error_msg: 'the tokens of this gateway group are those of the configuration file' },
      ])
    }
    expect((await call('POST', 'gateway_groups/nowhere/token')).status).toBe(404)
    const elsewhere = await adminClient({ store })
    expect(tokenIn((await elsewhere.call('POST', 'gateway_groups/edge/token')).body)).toHaveLength(32)
    expect((await call('POST', 'gateway_groups/edge/token')).status).toBe(200)
  })
})

describe('Gateway groups: what a control plane does for them', () => {
  it('begins when they are created, ends when they are deleted, and is tried again when it fails', async () => {
    const { call, store } = await adminClient()
    const stop = new AbortController()
    onTestFinished(() => {
      stop.abort()
    })
    const told: string[] = []
    let failures = 1
    const followed = followGroups({
      store,
      logger: silentLogger,
      clock: { now: () => 0, sleep: async () => undefined },
      signal: stop.signal,
      role: {
        start: async (group) => {
          if (group === 'edge' && failures > 0) {
            failures -= 1
            throw new Error('not now')
          }
          told.push(`start ${group}`)
        },
        stop: async (group) => {
          told.push(`stop ${group}`)
        },
      },
    })
    const wait = async (line: string): Promise<void> => {
      await expect.poll(() => told, { timeout: 10_000 }).toContain(line)
    }
    await call('PUT', 'routes/1', route)
    await wait('start default')
    await call('PUT', 'gateway_groups/edge', {})
    await wait('start edge')
    await call('PUT', 'gateway_groups/edge', { name: 'Edge' })
    await call('DELETE', 'gateway_groups/edge')
    await wait('stop edge')
    await call('PUT', 'gateway_groups/edge', {})
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe('start edge')
    stop.abort()
    await followed
    expect(told).toEqual(['start default', 'start edge', 'stop edge', 'start edge'])
  })

  it('waits for no other group: neither for one that takes for ever, nor for one that fails again and again', async () => {
    const { call, store } = await adminClient()
    const stop = new AbortController()
    const released = Promise.withResolvers<void>()
    const told: string[] = []
    const followed = followGroups({
      store,
      logger: silentLogger,
      clock: { now: () => 0, sleep: async () => released.promise },
      signal: stop.signal,
      role: {
        start: async (group) => {
          told.push(`start ${group}`)
          if (group === 'slow') await released.promise
          if (group === 'failing') throw new Error('not now')
        },
        stop: async (group) => {
          told.push(`stop ${group}`)
        },
      },
    })
    onTestFinished(async () => {
      stop.abort()
      released.resolve()
      await followed
    })
    const wait = async (line: string): Promise<void> => {
      await expect.poll(() => told, { timeout: 10_000 }).toContain(line)
    }
    for (const group of ['failing', 'slow', 'third']) {
      await call('PUT', `gateway_groups/${group}`, {})
      await wait(`start ${group}`)
    }
    await call('DELETE', 'gateway_groups/third')
    await wait('stop third')
    // What was deleted while it was being started is stopped after that.
    await call('DELETE', 'gateway_groups/slow')
    await call('PUT', 'gateway_groups/last', {})
    await wait('start last')
    expect(told).not.toContain('stop slow')
    released.resolve()
    await wait('stop slow')
    expect(told.filter((line) => line.endsWith('slow'))).toEqual(['start slow', 'stop slow'])
  })
})
