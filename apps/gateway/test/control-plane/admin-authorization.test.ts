import { describe, expect, it } from 'vitest'

import { wrongKeyLimit } from '../../src/control-plane/admin-api/wrong-key-limit.ts'
import { adminClient } from './admin-client.ts'
import { examplePath, servedRoutes } from './admin-routes.ts'

/** What needs no key, and why: see `openOperations`. */
const open = new Set(['HEAD /apisix/admin', 'GET /apisix/admin/openapi.json', 'GET /status', 'GET /metrics'])

const holders = [
  { who: 'nobody', headers: {}, refused: 'missing apikey', reads: false, writes: false },
  { who: 'a wrong key', headers: { 'x-api-key': 'wrong' }, refused: 'wrong apikey', reads: false, writes: false },
  {
    who: 'a viewer',
    headers: { 'x-api-key': 'viewer-key' },
    refused: 'invalid method for role viewer',
    reads: true,
    writes: false,
  },
  { who: 'an admin', headers: { 'x-api-key': 'admin-key' }, refused: '', reads: true, writes: true },
] as const

describe('Admin API: who may do what', () => {
  it.each(holders)('lets $who do what is theirs on every route, and nothing else', async (holder) => {
    const { endpoint, store } = await adminClient()
    const routes = await servedRoutes()
    expect(routes.length).toBeGreaterThan(90)
    for (const { method, path } of routes) {
      const route = `${method} ${path}`
      const response = await fetch(`${endpoint}${examplePath(path)}`, {
        method,
        headers: holder.headers,
        ...(['PUT', 'POST', 'PATCH'].includes(method) && { body: '{}' }),
      })
      const text = await response.text()
      const mayDo = open.has(route) || (method === 'GET' ? holder.reads : holder.writes)
      const refusal = JSON.stringify({ error_msg: 'failed to check token', description: holder.refused })
      expect([route, response.status === 401, text === refusal]).toEqual([route, !mayDo, !mayDo])
    }
    expect((await store.revision()) > 1).toBe(holder.writes)
  })

  it('tells strangers nothing about paths that do not exist', async () => {
    const { endpoint } = await adminClient()
    for (const path of ['', '/nothing', '/routes/1/deeper/still', '/consumers/jack/credentials/1/more']) {
      const response = await fetch(`${endpoint}/apisix/admin${path}`, { method: 'PUT', body: '{}' })
      expect([path, response.status]).toEqual([path, 401])
    }
  })
})

describe('Admin API: wrong keys', () => {
  const wrong = (n: number) => ({ 'x-api-key': `wrong-${String(n)}` })

  it('are refused with 429 after ten different ones, and so is the right one then', async () => {
    const { call } = await adminClient()
    for (let n = 0; n < 10; n += 1) {
      expect((await call('GET', 'routes', undefined, wrong(n))).status).toBe(401)
    }
    for (const headers of [wrong(11), { 'x-api-key': 'admin-key' }]) {
      const answer = await call('GET', 'routes', undefined, headers)
      expect([answer.status, answer.body]).toEqual([429, { error_msg: 'too many wrong keys' }])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    }
  })

  it('count once each, so that a client with an old key locks nobody out', async () => {
    const { call } = await adminClient()
    for (let n = 0; n < 30; n += 1) {
      expect((await call('GET', 'routes', undefined, wrong(1))).status).toBe(401)
      expect((await call('GET', 'routes', undefined, {})).status).toBe(401)
    }
    expect((await call('GET', 'routes')).status).toBe(200)
  })

  it('count for a whole IPv6 /64, which one stranger has, and for no other', async () => {
    const limit = wrongKeyLimit()
    for (let n = 0; n < 10; n += 1) {
      await limit.note(`2001:db8:0:1::${String(n)}`, `wrong-${String(n)}`)
    }
    await expect(limit.requireFew('2001:db8::1:ffff:0:0:1')).rejects.toMatchObject({ status: 429 })
    await expect(limit.requireFew('2001:db8:0:2::1')).resolves.toBeUndefined()
    await limit.note('::ffff:192.0.2.1', 'wrong')
    await expect(limit.requireFew('::ffff:192.0.2.2')).resolves.toBeUndefined()
  })
})
