import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { silentLogger } from '@outlast/snapshot'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEtcdApi, type EtcdApiOptions } from '../../src/control-plane/etcd-api/create-etcd-api.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { base64, below, etcdClient } from './etcd-client.ts'
import { put, remove, scratchStore } from './scratch-store.ts'

const token = 'token-of-default'
const tokens = [
  { group: 'default', token },
  { group: 'default-2', token: 'token-of-default-2' },
]
const pem = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const everything = below('/gateway_groups/default/')

async function listen(store: ConfigStore, options: Partial<EtcdApiOptions> = {}): Promise<string> {
  const app = createEtcdApi({ store, tokens, logger: silentLogger, ...options })
  onTestFinished(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

/** A store that tells how many watches are open. */
function countingStore(inner: ConfigStore): { readonly store: ConfigStore; readonly openWatches: () => number } {
  let open = 0
  const store: ConfigStore = {
    ...inner,
    async *watch(options) {
      open += 1
      try {
        yield* inner.watch(options)
      } finally {
        open -= 1
      }
    },
  }
  return { store, openWatches: () => open }
}

describe('etcd API: authorisation', () => {
  const calls = ['/v3/kv/range', '/v3/watch', '/v3/maintenance/status', '/v3/kv/put']

  it.each(calls)('%s refuses a missing and a wrong token as etcd does', async (path) => {
    const endpoint = await listen(await scratchStore())
    for (const wrong of [undefined, '', 'Bearer', 'wrong', `${token}x`, `Basic ${token}`]) {
      const { status, body } = await etcdClient(endpoint, wrong).post(path, { key: everything.key })
      expect(status).toBe(401)
      expect(body).toEqual({
        error: 'etcdserver: invalid auth token',
        message: 'etcdserver: invalid auth token',
        code: 16,
      })
    }
  })

  it.each([token, `Bearer ${token}`])('takes the token as it is and as a bearer token', async (authorization) => {
    const endpoint = await listen(await scratchStore())
    expect((await etcdClient(endpoint, authorization).post('/v3/kv/range', everything)).status).toBe(200)
  })

  it.each([
    ['another group', below('/gateway_groups/default-2/')],
    ['all groups', below('/gateway_groups/')],
    ['the group and more', { ...everything, range_end: base64('/gateway_groups/default1') }],
    ['the key beside the group', { key: base64('/gateway_groups/default') }],
    ['everything from a key on', { key: everything.key, range_end: base64('\0') }],
    ['the whole store', { key: base64('\0'), range_end: base64('\0') }],
  ])('denies %s', async (_what, span) => {
    const client = etcdClient(await listen(await scratchStore()), token)
    expect(await client.post('/v3/kv/range', span)).toEqual({
      status: 403,
      body: { error: 'etcdserver: permission denied', message: 'etcdserver: permission denied', code: 7 },
    })
    const watch = await client.watch(span)
    expect(await watch.next()).toMatchObject({ created: true, canceled: true, watch_id: '-1' })
    expect(await watch.next()).toBeUndefined()
  })

  it('lets nobody write', async () => {
    const store = await scratchStore()
    const client = etcdClient(await listen(store), token)
    const key = base64('/gateway_groups/default/routes/1')
    expect((await client.post('/v3/kv/put', { key, value: base64('{}') })).status).toBe(403)
    expect((await client.post('/v3/kv/deleterange', { key })).status).toBe(403)
    expect((await client.post('/v3/kv/txn', {})).status).toBe(403)
    expect(await store.revision()).toBe(1)
  })
})

describe('etcd API: range and watch', () => {
  it('refuses what it would otherwise ignore', async () => {
    const client = etcdClient(await listen(await scratchStore()), token)
    for (const option of [{ sort_order: 'DESCEND' }, { sort_target: 'VALUE' }, { max_mod_revision: '5' }]) {
      expect((await client.post('/v3/kv/range', { ...everything, ...option })).body).toMatchObject({ code: 12 })
    }
    expect((await client.post('/v3/watch', { create_request: { ...everything, prev_kv: true } })).body).toMatchObject({
      code: 12,
    })
    expect((await client.post('/v3/watch', { progress_request: {} })).body).toMatchObject({ code: 12 })
  })

  it('tells progress only up to what was delivered', async () => {
    const store = await scratchStore()
    const client = etcdClient(await listen(store, { progressIntervalMs: 5 }), token)
    const watch = await client.watch({ ...everything, progress_notify: true })
    expect(await watch.next()).toMatchObject({ created: true, header: { revision: '1' } })
    expect(await watch.next()).toEqual({ header: expect.objectContaining({ revision: '1' }) })
    await put(store, '/gateway_groups/other/routes/1')
    const revision = await put(store, '/gateway_groups/default/routes/1')
    // The first frame that names the revision must be the one with its event.
    let frame = await watch.next()
    while (frame?.header?.revision !== String(revision)) {
      expect(frame).not.toHaveProperty('events')
      frame = await watch.next()
    }
    expect(frame.events).toHaveLength(1)
  })

  it('cuts a watch whose reader takes nothing, and serves the others', async () => {
    const store = await scratchStore()
    const cut = Promise.withResolvers<void>()
    const logger = { ...silentLogger, warn: () => cut.resolve() }
    const endpoint = await listen(store, { stalledAfterMs: 200, logger })
    const call = httpRequest(`${endpoint}/v3/watch`, {
      method: 'POST',
      headers: { authorization: token },
      agent: false,
    })
    onTestFinished(() => {
      call.destroy()
    })
    call.end(JSON.stringify({ create_request: everything }))
    const [stalled]: IncomingMessage[] = await once(call, 'response')

    const reader = await etcdClient(endpoint, token).watch(everything)
    await reader.next()
    const values = { size: 1024 * 1024, length: 20 }
    for (let n = 0; n < values.length; n += 1) {
      await put(store, `/gateway_groups/default/routes/${n}`, JSON.stringify('x'.repeat(values.size)))
      expect((await reader.next())?.events).toHaveLength(1)
    }
    await cut.promise
    // What the kernels had buffered still arrives, and then a broken end.
    let received = 0
    stalled?.on('data', (chunk) => {
      received += chunk.length
    })
    await expect(once(stalled ?? call, 'end')).rejects.toThrow('aborted')
    expect(received).toBeLessThan(values.length * values.size)
  })

  it('leaves nothing of a thousand watches whose connections break', async () => {
    const { store, openWatches } = countingStore(await scratchStore())
    const endpoint = await listen(store)
    const body = JSON.stringify({ create_request: { ...everything, progress_notify: true } })
    const head = `POST /v3/watch HTTP/1.1\r\nHost: cp.test\r\nAuthorization: ${token}\r\nContent-Length: ${body.length}\r\n\r\n`
    const sockets = Array.from({ length: 1000 }, () => {
      const socket = connect(Number(new URL(endpoint).port), '127.0.0.1')
      socket.on('error', () => undefined).resume()
      socket.write(head + body)
      return socket
    })
    await expect.poll(openWatches, { timeout: 10_000 }).toBe(sockets.length)
    await put(store, '/gateway_groups/default/routes/1')
    for (const [at, socket] of sockets.entries()) {
      if (at % 2 === 0) socket.resetAndDestroy()
      else socket.destroy()
    }
    await expect.poll(openWatches, { timeout: 10_000 }).toBe(0)
  })

  it('ends a watch when its client leaves', async () => {
    const { store, openWatches } = countingStore(await scratchStore())
    const watch = await etcdClient(await listen(store), token).watch(everything)
    await watch.next()
    await expect.poll(openWatches).toBe(1)
    watch.stop()
    await expect.poll(openWatches).toBe(0)
  })

  it.each([
    ['plain', undefined],
    ['TLS', { cert: pem('server.crt'), key: pem('server.key') }],
  ])('closes although a connection was never used, and lets a request in flight end (%s)', async (_what, tls) => {
    const inner = await scratchStore()
    const asked = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const store: ConfigStore = {
      ...inner,
      async range(options) {
        asked.resolve()
        await released.promise
        return inner.range(options)
      },
    }
    const app = createEtcdApi({ store, tokens, logger: silentLogger, tls })
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    await once(connect(Number(port), '127.0.0.1'), 'connect')
    const call = (tls ? httpsRequest : httpRequest)({
      host: '127.0.0.1',
      port,
      path: '/v3/kv/range',
      method: 'POST',
      headers: { authorization: token },
      ca: pem('ca.crt'),
      agent: false,
    })
    call.end(JSON.stringify(everything))
    await asked.promise
    const closed = app.close()
    // Whatever closing does to connections, it has done by then.
    await delay(20)
    released.resolve()
    const [response]: IncomingMessage[] = await once(call, 'response')
    response?.resume()
    expect(response?.statusCode).toBe(200)
    await closed
  })

  it('closes although watches are open, and cuts them', async () => {
    const app = createEtcdApi({ store: await scratchStore(), tokens, logger: silentLogger })
    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
    const watch = await etcdClient(endpoint, token).watch(everything)
    await watch.next()
    const next = watch.next().catch(() => undefined)
    await app.close()
    expect(await next).toBeUndefined()
  })

  it('hands a deletion and a re-creation to a watch that starts in the past', async () => {
    const store = await scratchStore()
    const key = '/gateway_groups/default/routes/1'
    const created = await put(store, key)
    await remove(store, key)
    await put(store, key, '{"again":true}')
    const watch = await etcdClient(await listen(store), token).watch({ ...everything, start_revision: String(created) })
    await watch.next()
    const frame = await watch.next()
    expect(frame?.events).toMatchObject([
      { kv: { version: '1', value: base64('{}') } },
      { type: 'DELETE', kv: { key: base64(key), mod_revision: '3' } },
      { kv: { create_revision: '4', version: '1', value: base64('{"again":true}') } },
    ])
  })
})

describe('etcd API: listeners', () => {
  it('passes the error of a port in use through', async () => {
    const endpoint = await listen(await scratchStore())
    const second = createEtcdApi({ store: await scratchStore(), tokens, logger: silentLogger })
    onTestFinished(() => second.close())
    await expect(second.listen({ host: '127.0.0.1', port: Number(new URL(endpoint).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })

  it('speaks TLS, and only with clients that its authority knows', async () => {
    const tls = { cert: pem('server.crt'), key: pem('server.key'), ca: pem('ca.crt') }
    const endpoint = await listen(await scratchStore(), { tls })
    const status = async (client: object): Promise<number | undefined> => {
      const call = httpsRequest(`${endpoint.replace('http:', 'https:')}/v3/kv/range`, {
        method: 'POST',
        headers: { authorization: token },
        ca: tls.ca,
        agent: false,
        ...client,
      })
      call.end(JSON.stringify(everything))
      const [response] = await once(call, 'response')
      response.resume()
      return response.statusCode
    }
    expect(await status({ cert: pem('client.crt'), key: pem('client.key') })).toBe(200)
    await expect(status({})).rejects.toThrow(/certificate required|socket hang up|ECONNRESET/)
  })

  it('refuses empty tokens and impossible group names', async () => {
    const store = await scratchStore()
    const create = (wrong: (typeof tokens)[number]) => (): unknown =>
      createEtcdApi({ store, tokens: [wrong], logger: silentLogger })
    expect(create({ group: 'default', token: '' })).toThrow(TypeError)
    expect(create({ group: '../other', token: 'x' })).toThrow(TypeError)
  })
})
