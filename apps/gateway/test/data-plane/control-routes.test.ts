import type { ControlResult, DataPlaneControl } from '@outlast/dataplane'
import fastify from 'fastify'
import { beforeEach, describe, expect, it } from 'vitest'
import { addControlRoutes } from '../../src/data-plane/control-routes.ts'

const order = { actor: 'ada', reason: 'INC-7' }
const authorization = 'Bearer secret-of-this-node'

describe('the control endpoint', () => {
  let calls: unknown[][]
  const says = (name: string, result: ControlResult) => {
    return async (...args: unknown[]): Promise<ControlResult> => {
      calls.push([name, ...args])
      return result
    }
  }
  const done: ControlResult = { status: 'done', outlives: true }
  const control: DataPlaneControl = {
    pin: says('pin', done),
    unpin: says('unpin', { status: 'refused', reason: 'no snapshot is pinned' }),
    freeze: says('freeze', done),
    unfreeze: says('unfreeze', done),
    standalone: says('standalone', done),
    auto: says('auto', done),
    accept: says('accept', done),
    resetFloor: says('resetFloor', done),
    fetchNow: says('fetchNow', done),
  }
  const app = fastify()
  addControlRoutes(app, { control, token: 'secret-of-this-node' })
  const post = async (
    verb: string,
    payload: object,
    headers: Record<string, string> = { authorization },
    from = '127.0.0.1',
  ) => {
    const reply = await app.inject({ method: 'POST', url: `/control/${verb}`, payload, headers, remoteAddress: from })
    return { status: reply.statusCode, body: reply.json<unknown>() }
  }
  beforeEach(() => {
    calls = []
  })

  it.each(['freeze', 'unfreeze', 'standalone', 'auto'])('hands on: %s', async (verb) => {
    expect(await post(verb, order)).toEqual({ status: 200, body: done })
    expect(calls).toEqual([[verb, order]])
  })

  it('hands on what pin, accept, fetch-now and reset-floor need', async () => {
    await post('pin', { ...order, sequence: 12 })
    await post('accept', { ...order, digest: 'sha256:abc' })
    await post('fetch-now', order)
    await post('reset-floor', order)
    expect(calls).toEqual([
      ['pin', 12, order],
      ['accept', order, { digest: 'sha256:abc' }],
      ['fetchNow', order],
      ['resetFloor', order],
    ])
  })

  it('says why an order is refused', async () => {
    expect(await post('unpin', order)).toEqual({
      status: 409,
      body: { status: 'refused', reason: 'no snapshot is pinned' },
    })
  })

  it.each([
    ['without a token', 401, order, {}, '127.0.0.1'],
    ['with another token', 401, order, { authorization: 'Bearer secret-of-that-node' }, '127.0.0.1'],
    ['with a shorter token', 401, order, { authorization: 'Bearer s' }, '127.0.0.1'],
    ['from elsewhere, token or not', 403, order, { authorization }, '10.1.2.3'],
    ['from elsewhere over IPv6', 403, order, { authorization }, '2001:db8::1'],
    ['without a reason', 400, { actor: 'ada' }, { authorization }, '::1'],
    ['with a blank actor', 400, { actor: ' ', reason: 'x' }, { authorization }, '::ffff:127.0.0.1'],
  ])('obeys nobody %s', async (_who, status, payload, headers, from) => {
    expect((await post('freeze', payload, headers, from)).status).toBe(status)
    expect(calls).toEqual([])
  })

  it('knows no other verbs', async () => {
    expect((await post('toString', order)).status).toBe(404)
  })
})
