import { describe, expect, it } from 'vitest'

import { silentLogger } from '@outlast/snapshot'
import { adminKeyCheck, warnOfShortKeys, type AdminKey } from '../../src/control-plane/admin-api/admin-key.ts'
import { wrongSecretLimit } from '../../src/control-plane/wrong-secret-limit.ts'
import { adminClient } from './admin-client.ts'
import { examplePath, servedRoutes } from './admin-routes.ts'

/** What needs no key, and why: see `openOperations` and `statusOperations`. */
const open = new Set([
  'HEAD /apisix/admin',
  'GET /apisix/admin/openapi.json',
  'GET /status',
  'GET /status/ready',
  'GET /metrics',
])

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

  it('are refused with 429 after ten different ones, and so is a right one that is short', async () => {
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

  it('lock nobody out whose key is too long to be found by trying', async () => {
    const long: AdminKey = { name: 'ada', key: 'sixteen-and-more', role: 'admin' }
    const short: AdminKey = { name: 'bob', key: 'fifteen-letters', role: 'admin' }
    const check = adminKeyCheck([long, short])
    const present = async (key: string): Promise<unknown> =>
      check({ headers: { 'x-api-key': key }, query: new URLSearchParams(), remoteAddress: '192.0.2.1' }).then(
        ({ name }) => name,
        (error: unknown) => error,
      )
    expect([await present(long.key), await present(short.key)]).toEqual(['ada', 'bob'])
    for (let n = 0; n < 10; n += 1) {
      expect(await present(`wrong-${String(n)}`)).toMatchObject({ status: 401 })
    }
    // Whoever tries short keys must not see which one is right.
    const [refused, alike] = [await present('wrong-key-of-any'), await present(short.key)]
    expect(refused).toMatchObject({ status: 429 })
    expect(alike).toEqual(refused)
    expect(await present(long.key)).toBe('ada')
  })

  it('that might be found by trying are named at the start', () => {
    const warned: object[] = []
    const logger = { ...silentLogger, warn: (fields: object) => void warned.push(fields) }
    warnOfShortKeys([{ name: 'ada', key: 'sixteen-and-more', role: 'admin' }], logger)
    expect(warned).toEqual([])
    warnOfShortKeys([{ name: 'bob', key: 'fifteen-letters', role: 'viewer' }], logger)
    expect(warned).toEqual([{ names: ['bob'] }])
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
    const limit = wrongSecretLimit()
    for (let n = 0; n < 10; n += 1) {
      await limit.note(`2001:db8:0:1::${String(n)}`, `wrong-${String(n)}`)
    }
    expect(await limit.secondsRefused('2001:db8::1:ffff:0:0:1')).toBeGreaterThan(0)
    expect(await limit.secondsRefused('2001:db8:0:2::1')).toBeUndefined()
    for (let n = 0; n < 10; n += 1) {
      await limit.note('::ffff:192.0.2.1', `wrong-${String(n)}`)
    }
    expect(await limit.secondsRefused('::ffff:192.0.2.1')).toBeGreaterThan(0)
    expect(await limit.secondsRefused('::ffff:192.0.2.2')).toBeUndefined()
  })
})
