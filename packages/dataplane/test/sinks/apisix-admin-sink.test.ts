import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonValue } from '@outlast/snapshot'
import { apisixCipher } from '@outlast/snapshot/apisix'
import { startRawServer, type RawServer } from '@outlast/test-servers'
import { until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apisixAdminSink, type ApisixAdminSinkOptions, type ApisixSink } from '../../src/sinks/index.ts'
import { change, consumer, keyring, route } from './change.ts'
import { recordingLogger } from './recording-logger.ts'
import { StandInAdmin } from './stand-in-standalone-admin.ts'

const adminKey = 'the-admin-key'

describe('apisixAdminSink, with a stand-in for the Admin API of a stock APISIX in standalone mode', () => {
  let node: StandInAdmin
  let logger: ReturnType<typeof recordingLogger>
  const sinks: ApisixSink[] = []
  const others: { stop(): Promise<void> }[] = []

  const open = (options: Partial<ApisixAdminSinkOptions> = {}) => {
    const sink = apisixAdminSink({
      endpoints: [node.endpoint],
      adminKey,
      logger,
      minimumIntervalMs: 0,
      checkIntervalMs: 50,
      random: () => 0,
      ...options,
    })
    sinks.push(sink)
    return sink
  }
  const start = async () => {
    const other = await StandInAdmin.start(adminKey)
    others.push(other)
    return other
  }
  const withId = ({ id, value }: { id: string; value: JsonValue }) => ({ ...Object(value), id })
  const isCurrent = async (sink: ApisixSink) =>
    until(
      () => sink.status().targets.every(({ current }) => current),
      () => JSON.stringify(sink.status()),
    )

  beforeEach(async () => {
    node = await StandInAdmin.start(adminKey)
    logger = recordingLogger()
  })

  afterEach(async () => {
    await Promise.all(sinks.splice(0).map((sink) => sink.close()))
    await Promise.all([node, ...others.splice(0)].map((server) => server.stop()))
  })

  it('gives a node the whole configuration in one request, credentials among the consumers', async () => {
    const credential = {
      kind: 'consumers',
      id: 'jack/credentials/one',
      value: { plugins: { 'key-auth': { key: 'k' } } },
    }
    const sink = open()
    await sink.apply(
      change([
        route('a'),
        consumer('jack', 'secret'),
        credential,
        { kind: 'plugins', id: 'all', value: [{ name: 'cors' }] },
      ]),
    )
    expect(node.puts.map(({ status }) => status)).toEqual([202])
    expect(node.items('routes')).toEqual({ a: withId(route('a')) })
    expect(node.items('consumers')).toEqual({
      jack: consumer('jack', 'secret').value,
      'jack/credentials/one': withId(credential),
    })
    expect(node.items('plugins')).toEqual({ cors: { name: 'cors' } })
    expect(sink.status()).toMatchObject({ targets: [{ name: node.endpoint, current: true, refused: [] }], leftOut: {} })
  })

  it('makes a node ready also with an empty configuration', async () => {
    await open().apply(change([]))
    expect(node.items('routes')).toEqual({})
  })

  it('gives a new version to the kinds that have changed and to no others, and a new index to the items that have', async () => {
    const sink = open()
    await sink.apply(change([route('a'), route('b'), consumer('jack', 'x')]))
    const before = { routes: node.version('routes'), consumers: node.version('consumers') }
    await sink.apply(change([route('b', { priority: 1 })]))
    expect(node.version('routes')).toBeGreaterThan(before.routes)
    expect(node.version('consumers')).toBe(before.consumers)
    expect(node.items('consumers')).toEqual({ jack: consumer('jack', 'x').value })
    const indexes = (put: number) =>
      Object(node.puts[put]?.body['routes']).map(({ modifiedIndex }: { modifiedIndex: number }) => modifiedIndex)
    expect(indexes(1)[0]).toBe(indexes(0)[0])
    expect(indexes(1)[1]).not.toBe(indexes(0)[1])
    await sink.apply(change([], [route('a'), route('b')]))
    expect(node.items('routes')).toEqual({})
  })

  it('writes nothing when it restarts and the node has the configuration already', async () => {
    await open().apply(change([route('a'), route('b')]))
    const again = open()
    await again.apply(change([route('b'), route('a')]))
    await sleep(150)
    expect(node.puts).toHaveLength(1)
    await isCurrent(again)
  })

  it('leaves the versions of unchanged kinds alone also when it has restarted', async () => {
    await open().apply(change([route('a'), consumer('jack', 'x')]))
    await sinks.pop()?.close()
    const before = { routes: node.version('routes'), consumers: node.version('consumers') }
    await open().apply(change([route('a', { priority: 1 }), consumer('jack', 'x')]))
    expect(node.version('consumers')).toBe(before.consumers)
    expect(node.version('routes')).toBeGreaterThan(before.routes)
    expect(node.items('routes')).toEqual({ a: withId(route('a', { priority: 1 })) })
  })

  it('gives a node that has restarted its configuration again, without a change', async () => {
    const sink = open()
    await sink.apply(change([route('a'), consumer('jack', 'x')]))
    node.restart()
    await until(() => node.items('routes')?.['a'] !== undefined, 'the route is back')
    expect(node.items('consumers')).toEqual({ jack: consumer('jack', 'x').value })
  })

  it('gives it all kinds again when it restarts between a look and a change', async () => {
    const sink = open({ checkIntervalMs: 60_000 })
    await sink.apply(change([route('a'), consumer('jack', 'x')]))
    node.intercept = ({ method }) => {
      if (method === 'PUT') node.restart()
      return undefined
    }
    await sink.apply(change([route('b')]))
    expect(Object.keys(node.items('routes') ?? {})).toEqual(['a', 'b'])
    expect(node.items('consumers')).toEqual({ jack: consumer('jack', 'x').value })
  })

  it('takes back what somebody else has written, with versions above theirs', async () => {
    const sink = open()
    await sink.apply(change([route('a')]))
    node.write('routes', [withId(route('foreign'))], 'theirs')
    await until(() => node.items('routes')?.['a'] !== undefined, 'the route is back')
    expect(Object.keys(node.items('routes') ?? {})).toEqual(['a'])
    await until(() => logger.lines.some((line) => line.includes('brought back')), 'it is logged')
  })

  it.each([
    ['the very version that comes next', 1],
    ['versions of its own', 1_000_000],
  ])('wins over somebody else who writes in the very moment, with %s', async (_name, ahead) => {
    const sink = open({ checkIntervalMs: 60_000 })
    await sink.apply(change([route('a'), consumer('jack', 'x')]))
    await sleep(5)
    node.intercept = ({ method }) => {
      if (method !== 'PUT') return undefined
      node.intercept = undefined
      node.write('routes', [withId(route('foreign'))], 'theirs', node.version('routes') + ahead)
      return undefined
    }
    await sink.apply(change([route('b')]))
    expect(Object.keys(node.items('routes') ?? {})).toEqual(['a', 'b'])
    expect(node.items('consumers')).toEqual({ jack: consumer('jack', 'x').value })
    expect(sink.status().targets).toMatchObject([{ current: true }])
  })

  it('brings every node to the configuration, and lets none wait for one that does not answer', async () => {
    const other = await start()
    const silent = await startRawServer(() => {})
    others.push(silent)
    // Longer than this test may take.
    const sink = open({ endpoints: [silent.endpoint, node.endpoint, other.endpoint], timeoutMs: 600_000 })
    await sink.apply(change([route('a')]))
    await sink.apply(change([route('b')]))
    for (const one of [node, other]) {
      await until(() => one.items('routes')?.['b'] !== undefined, 'each node has it')
      expect(Object.keys(one.items('routes') ?? {})).toEqual(['a', 'b'])
    }
    const current = () => sink.status().targets.map((target) => target.current)
    await until(() => current().join() === 'false,true,true', 'all but the silent one are current')
  })

  it('says which node does not answer', async () => {
    const silent = await startRawServer(() => {})
    others.push(silent)
    const sink = open({ endpoints: [silent.endpoint, node.endpoint], timeoutMs: 300 })
    await sink.apply(change([route('a')]))
    await until(() => sink.status().targets[0]?.lastError !== undefined, 'the silent one is reported')
    await until(() => sink.status().targets[1]?.current === true, 'the other one has it')
    expect(sink.status().targets).toMatchObject([
      { current: false, lastError: { message: `${silent.endpoint}: no answer within 300 ms` } },
      { current: true },
    ])
  })

  it('catches up a node that was away, with the newest state alone', async () => {
    const other = await start()
    await node.stop()
    const sink = open({ endpoints: [other.endpoint, node.endpoint] })
    await sink.apply(change([route('a')]))
    await sink.apply(change([route('b')]))
    expect(sink.status().targets).toMatchObject([{ current: true }, { current: false }])
    node = await StandInAdmin.start(adminKey, node.port)
    await until(() => node.items('routes')?.['b'] !== undefined, 'it has caught up')
    expect(node.puts).toHaveLength(1)
  })

  it('resolves apply although every node is away', async () => {
    await node.stop()
    const sink = open()
    await sink.apply(change([route('a')]))
    expect(sink.status().targets).toMatchObject([
      { current: false, lastError: { message: `${node.endpoint}: ECONNREFUSED` } },
    ])
    expect(logger.lines.filter((line) => line.startsWith('error'))).toHaveLength(1)
  })

  it('changes a node at most once in an interval, with the last state', async () => {
    // Long enough for all of them to come within it.
    const sink = open({ minimumIntervalMs: 1_500 })
    await Promise.all(
      [1, 2, 3, 4].map(async (priority) => {
        await sleep(priority * 20)
        await sink.apply(change([route('a', { priority })]))
      }),
    )
    expect(node.puts).toHaveLength(2)
    expect(Number(node.puts[1]?.at) - Number(node.puts[0]?.at)).toBeGreaterThanOrEqual(1_480)
    expect(node.items('routes')).toEqual({ a: withId(route('a', { priority: 4 })) })
  })

  describe('when a node refuses', () => {
    it.each(['when-validating', 'in-message'] as const)(
      'an item and names it (%s), leaves it out and applies the rest; what has changed since is tried again',
      async (names) => {
        node.names = names
        for (const id of ['b', 'c']) node.faults.set(id, 'unknown plugin [mine]')
        const sink = open()
        await sink.apply(change([route('a'), route('b'), route('c'), route('d')]))
        expect(node.items('routes')).toEqual({ a: withId(route('a')), d: withId(route('d')) })
        expect(sink.status().targets).toMatchObject([
          {
            current: true,
            refused: ['b', 'c'].map((id) => ({ kind: 'routes', id, reason: 'unknown plugin [mine]' })),
          },
        ])
        node.faults.clear()
        await sink.apply(change([route('c', { priority: 2 })], [route('b')]))
        expect(Object.keys(node.items('routes') ?? {})).toEqual(['a', 'c', 'd'])
        expect(sink.status().targets).toMatchObject([{ refused: [] }])
      },
    )

    it('a new version of an item, keeps the one that it took before', async () => {
      const sink = open()
      await sink.apply(change([route('a'), route('b')]))
      node.faultOf = (item) => (item['id'] === 'a' && item['priority'] !== undefined ? 'no priorities here' : undefined)
      await sink.apply(change([route('a', { priority: 1 }), route('c')]))
      expect(node.items('routes')).toEqual({ a: withId(route('a')), b: withId(route('b')), c: withId(route('c')) })
      expect(sink.status().targets).toMatchObject([{ current: true, refused: [{ kind: 'routes', id: 'a' }] }])
      await sink.apply(change([route('a', { desc: 'fine' })]))
      expect(node.items('routes')?.['a']).toEqual(withId(route('a', { desc: 'fine' })))
      expect(sink.status().targets).toMatchObject([{ refused: [] }])
    })

    it('finds all bad items among more than it validates at once', async () => {
      const desc = 'd'.repeat(250)
      const routes = Array.from({ length: 6_000 }, (_, index) => route(`r${String(index).padStart(4, '0')}`, { desc }))
      for (const id of ['r0003', 'r5990']) node.faults.set(id, 'bad')
      const sink = open()
      await sink.apply(change(routes))
      expect(sink.status().targets[0]?.refused.map(({ id }) => id)).toEqual(['r0003', 'r5990'])
      expect(Object.keys(node.items('routes') ?? {})).toHaveLength(5_998)
      expect(node.requests.filter((request) => request.startsWith('POST')).length).toBeGreaterThan(1)
    })

    it('everything without naming anything, changes nothing, says so, and goes on trying', async () => {
      const sink = open()
      await sink.apply(change([route('a')]))
      node.names = 'never'
      node.faults.set('b', 'invalid value "a secret text" somewhere')
      await sink.apply(change([route('b', { desc: 'a secret text' })]))
      expect(Object.keys(node.items('routes') ?? {})).toEqual(['a'])
      expect(sink.status().targets[0]).toMatchObject({
        current: false,
        lastError: {
          message: `${node.endpoint}: refuses the configuration (400), and does not say which item: invalid value "…" somewhere`,
        },
      })
      node.faults.clear()
      await isCurrent(sink)
      expect(Object.keys(node.items('routes') ?? {})).toEqual(['a', 'b'])
    })

    it('the key: says so, and never tells the key', async () => {
      const sink = open({ adminKey: 'a-wrong-key' })
      await sink.apply(change([route('a')]))
      expect(sink.status().targets[0]?.lastError?.message).toBe(`${node.endpoint}: refuses the admin key (401)`)
      expect(JSON.stringify([sink.status(), logger.lines])).not.toContain('a-wrong-key')
      expect(() => open({ adminKey: 'line\nbreak' })).toThrow(/^an admin key consists of visible ASCII characters$/)
      expect(() => open({ endpoints: ['http://user:pass@127.0.0.1:1'] })).toThrow(/must not contain credentials$/)
    })

    it('quotes a secret in its words: nobody is told', async () => {
      node.faults.set('jack', 'property "key" validation failed: "top secret" or top secret, found 12345')
      const sink = open()
      await sink.apply(change([consumer('jack', 'top secret')]))
      expect(sink.status().targets[0]?.refused[0]?.reason).toBe(
        'property "key" validation failed: "…" or …, found 12345',
      )
      expect(JSON.stringify([sink.status(), logger.lines])).not.toContain('top secret')
    })
  })

  it.each([
    [404, '', /has no \/apisix\/admin\/configs \(404\): it is not in API-driven standalone mode/],
    [
      500,
      '"failed to save config to shared dict: no memory"',
      /has no room for the configuration \(500\): .*standalone-config/,
    ],
    [502, '<html>', /answers with status 502$/],
    [301, '', /answers with status 301$/],
  ])('tells what a %i means, quotes nothing of it, and goes on trying', async (status, body, message) => {
    const elsewhere = await start()
    node.intercept = ({ method }) =>
      method === 'PUT' ? { status, body, location: `${elsewhere.endpoint}/x` } : undefined
    const sink = open()
    await sink.apply(change([route('a')]))
    expect(sink.status().targets[0]?.lastError?.message).toMatch(message)
    expect(elsewhere.requests).toEqual([])
    node.intercept = undefined
    await isCurrent(sink)
  })

  it('ends a request at its deadline, and tries again', async () => {
    node.intercept = () => 'hang'
    const sink = open({ timeoutMs: 200 })
    await sink.apply(change([route('a')]))
    expect(sink.status().targets[0]?.lastError?.message).toBe(`${node.endpoint}: no answer within 200 ms`)
    node.intercept = undefined
    await isCurrent(sink)
  })

  it('takes a lost answer for what it is: the node has the configuration', async () => {
    const sink = open()
    const dropping: RawServer = await startRawServer((socket, request) => {
      void fetch(`${node.endpoint}/apisix/admin/configs`, {
        method: 'PUT',
        headers: { 'x-api-key': adminKey, 'x-digest': /x-digest: (\S+)/i.exec(request)?.[1] ?? '' },
        body: request.slice(request.indexOf('\r\n\r\n') + 4),
      }).then(() => socket.destroy())
    })
    others.push(dropping)
    await sink.apply(change([route('a')]))
    await sink.apply(change([route('a'), route('b')]))
    // What a second sink sends arrives, but its answer does not.
    const lost = open({ endpoints: [dropping.endpoint] })
    await lost.apply(change([route('a'), route('b')]))
    expect(lost.status().targets).toMatchObject([{ current: false }])
    await sleep(150)
    expect(node.puts.filter(({ status }) => status === 202)).toHaveLength(2)
    await isCurrent(sink)
  })

  it('sends secrets in clear that APISIX has encrypted in its etcd', async () => {
    const key = 'edd1c9f0985e76a2'
    await open().apply(change([keyring(key), apisixCipher([key]).encrypt(consumer('jack', 'secret'))]))
    expect(node.items('consumers')).toEqual({ jack: consumer('jack', 'secret').value })
  })

  it('ends promptly while a node does not answer', async () => {
    let isAsked = false
    node.intercept = () => {
      isAsked = true
      return 'hang'
    }
    // Longer than this test may take.
    const sink = open({ timeoutMs: 600_000 })
    const applied = sink.apply(change([route('a')]))
    await until(() => isAsked, 'it is asked')
    await sink.close()
    await applied
    expect(sink.status().targets).toMatchObject([{ current: false }])
  })
})
