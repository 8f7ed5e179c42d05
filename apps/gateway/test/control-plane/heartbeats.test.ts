import { silentLogger } from '@outlast/snapshot'
import { HandClock } from '@outlast/virtual-time'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createControlPlane, type ControlPlaneOptions } from '../../src/control-plane/create-control-plane.ts'
import { registerGroup } from '../../src/control-plane/gateway-groups.ts'
import { heartbeatPath } from '../../src/heartbeat.ts'
import { keys } from './admin-client.ts'
import { heartbeatOf } from './heartbeat-of.ts'
import { scratchStore } from './scratch-store.ts'

const dataPlaneTokens = [
  { group: 'default', token: 'token-of-default' },
  { group: 'edge', token: 'token-of-edge' },
]

async function controlPlane(options: Partial<ControlPlaneOptions> = {}) {
  const store = options.store ?? (await scratchStore())
  const clock = new HandClock()
  await registerGroup(store, 'edge', clock)
  const plane = createControlPlane({
    store,
    clock,
    adminKeys: keys,
    dataPlaneTokens,
    logger: silentLogger,
    ...options,
  })
  const listen = async (app: ReturnType<typeof plane.adminApp>): Promise<string> => {
    onTestFinished(() => app.close())
    return app.listen({ host: '127.0.0.1', port: 0 })
  }
  const [admin, api] = await Promise.all([listen(plane.adminApp()), listen(plane.etcdApp())])
  return {
    clock,
    admin,
    report: async (body: unknown, token = 'token-of-default') => {
      const response = await fetch(`${api}${heartbeatPath}`, {
        method: 'POST',
        headers: { authorization: token },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      return { status: response.status, text: await response.text() }
    },
    instances: async (group: string, query = '') => {
      const response = await fetch(`${admin}/apisix/admin/gateway_groups/${group}/instances${query}`, {
        headers: { 'x-api-key': 'viewer-key' },
      })
      const body: { total: number; list: readonly Record<string, unknown>[] } = JSON.parse(await response.text())
      return { status: response.status, ...body }
    },
  }
}

describe('heartbeats', () => {
  it('put a data plane on the list of its group, with its state and where it stands', async () => {
    const { clock, report, instances } = await controlPlane()
    const heartbeat = heartbeatOf('some-node', { quarantined: 3 })
    expect(await report(heartbeat)).toEqual({ status: 204, text: '' })
    await report(heartbeatOf('edge-node', { mode: 'standalone' }), 'token-of-edge')
    const known = { address: '127.0.0.1', lastHeartbeat: clock.now() }
    expect(await instances('default')).toEqual({
      status: 200,
      total: 1,
      list: [{ ...heartbeat, ...known, state: 'healthy' }],
    })
    expect((await instances('edge')).list).toMatchObject([{ id: 'edge-node', state: 'only-heartbeat' }])
    clock.set(clock.now() + 30_000)
    expect((await instances('default')).list).toMatchObject([{ id: 'some-node', state: 'lost-connection' }])
  })

  it('leave out what is not known yet, and what is not known here', async () => {
    const { clock, report, instances } = await controlPlane()
    const { source: _source, position: _position, digest: _digest, ...starting } = heartbeatOf('some-node')
    const { status } = await report({ ...starting, mode: 'starting', of_a_later_version: { secret: 'hidden' } })
    expect(status).toBe(204)
    expect((await instances('default')).list).toEqual([
      { ...starting, mode: 'starting', address: '127.0.0.1', lastHeartbeat: clock.now(), state: 'only-heartbeat' },
    ])
  })

  it.each([
    ['no JSON', 'nope', 'the request is not valid JSON'],
    ['nothing', '', 'no heartbeat: wrong the body'],
    ['a list', '[]', 'no heartbeat: wrong the body'],
    ['an id that is none', heartbeatOf('hidden/content'), 'no heartbeat: wrong id'],
    ['no id', { ...heartbeatOf('some-node'), id: undefined }, 'no heartbeat: wrong id'],
    [
      'a text that is too long',
      heartbeatOf('some-node', { hostname: 'h'.repeat(257) }),
      'no heartbeat: wrong hostname',
    ],
    ['a text with control characters', heartbeatOf('some-node', { version: '1\u0001' }), 'no heartbeat: wrong version'],
    [
      'half a position',
      { ...heartbeatOf('some-node'), position: { epoch: 1 } },
      'no heartbeat: wrong position.revision',
    ],
    ['a count below 0', heartbeatOf('some-node', { quarantined: -1 }), 'no heartbeat: wrong quarantined'],
    ['too much', { ...heartbeatOf('some-node'), more: 'x'.repeat(9_000) }, 'Request body is too large'],
  ])('are refused when they are %s, without a word of what they hold', async (_what, body, message) => {
    const { report, instances } = await controlPlane()
    const { status, text } = await report(body)
    expect([status, JSON.parse(text)]).toEqual([400, { error: message, message, code: 3 }])
    expect((await instances('default')).total).toBe(0)
  })
})

describe('the list of a group', () => {
  it('has pages, in the same order whoever reports between them', async () => {
    const { report, instances } = await controlPlane()
    const ids = Array.from({ length: 25 }, (_, n) => `some-node-${String(n).padStart(2, '0')}`)
    for (const id of ids.toReversed()) await report(heartbeatOf(id))
    const first = await instances('default', '?page=1&page_size=10')
    await report(heartbeatOf('some-node-00'))
    const others = [
      await instances('default', '?page=2&page_size=10'),
      await instances('default', '?page=3&page_size=10'),
    ]
    expect([first, ...others].flatMap(({ list }) => list.map(({ id }) => id))).toEqual(ids)
    expect(first.total).toBe(25)
    expect((await instances('default', '?page=1&page_size=9999')).status).toBe(400)
  })

  it('is not found for a group that is not there, and empty for one whose data planes have not reported', async () => {
    const { instances } = await controlPlane()
    expect((await instances('never')).status).toBe(404)
    for (const group of ['default', 'edge']) {
      expect(await instances(group)).toEqual({ status: 200, total: 0, list: [] })
    }
  })

  it('is counted for Prometheus', async () => {
    const { admin, report } = await controlPlane()
    await report(heartbeatOf('some-node'))
    const text = await (await fetch(`${admin}/metrics`)).text()
    expect(text).toContain('# TYPE outlast_data_planes gauge')
    expect(text).toContain('outlast_data_planes{gateway_group="default",state="healthy"} 1')
    expect(text).not.toContain('some-node')
  })
})
