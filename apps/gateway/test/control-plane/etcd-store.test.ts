import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chaosProxy } from '@outlast/storage-testkit'
import { freePort } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { expect, it, onTestFinished } from 'vitest'

import { everything, type ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { etcdSession } from '../../src/control-plane/store/etcd/etcd-session.ts'
import { followEndpoint } from '../../src/control-plane/store/etcd/follow-endpoint.ts'
import { readRange } from '../../src/control-plane/store/etcd/read-range.ts'
import { configStoreSuite } from './config-store-suite.ts'
import { base64, etcdClient } from './etcd-client.ts'
import { openEtcdStore, scratchEtcd, scratchEtcdStore } from './scratch-etcd-store.ts'
import { holdingProxy } from './holding-proxy.ts'
import { changesUntil, put, scratchPath } from './scratch-store.ts'

describeWithServer('etcd', 'etcdStore', () => {
  configStoreSuite(scratchEtcdStore)

  it('shares its content with every other store on the same etcd, and with who reads it from etcd', async () => {
    const { endpoint } = await scratchEtcd()
    const [one, other] = [openEtcdStore({ endpoints: [endpoint] }), openEtcdStore({ endpoints: [endpoint] })]
    const seen = changesUntil(other, { keys: everything, startRevision: 2 }, 2)
    expect(await put(one, '/a', '{"x":1}')).toBe(2)
    expect(await seen).toMatchObject([{ item: { key: '/a', value: '{"x":1}' } }])
    expect(await other.identity()).toEqual(await one.identity())
    const { body } = await etcdClient(endpoint).post('/v3/kv/range', { key: base64('/a') })
    expect(body).toMatchObject({ header: { cluster_id: (await one.identity()).clusterId }, count: '1' })
  })

  it('refuses what is larger than etcd takes, and says when its disk space is used up', async () => {
    const etcd = await scratchEtcd({ flags: [`--quota-backend-bytes=${2 * 1024 * 1024}`] })
    const store = openEtcdStore({ endpoints: [etcd.endpoint] })
    const secret = 'secret'.repeat(400_000)
    const refused = await failureOf(put(store, '/a', secret))
    expect(refused).toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('larger than etcd takes'),
    })
    const fill = async (): Promise<never> => {
      for (let n = 0; ; n += 1) await put(store, `/${n}`, secret.slice(0, 500_000))
    }
    const full = await failureOf(fill())
    expect(full).toMatchObject({ code: 'no-space' })
    expect(`${String(refused)} ${String(full)}`).not.toContain('secret')
  })

  it('refuses nothing for want of space that etcd has written all the same', async () => {
    const etcd = await scratchEtcd({ flags: [`--quota-backend-bytes=${2 * 1024 * 1024}`] })
    const store = openEtcdStore({ endpoints: [etcd.endpoint] })
    const acknowledged: string[] = []
    // Many at once: what is on its way when the space is used up is written, and refused.
    const fill = async (writer: number): Promise<never> => {
      for (let n = 0; ; n += 1) {
        const key = `/${writer}/${n}`
        await put(store, key, 'x'.repeat(20_000))
        acknowledged.push(key)
      }
    }
    const failures = await Promise.all(Array.from({ length: 64 }, async (_, writer) => failureOf(fill(writer))))
    for (const failure of failures) expect(failure).toMatchObject({ code: 'no-space' })
    const { items } = await store.range({ keys: everything, keysOnly: true })
    expect(items.map(({ key }) => key)).toEqual(acknowledged.toSorted())
  })

  it('has nothing against the member of a watch that is ended', async () => {
    const { endpoint } = await scratchEtcd()
    const session = etcdSession({ endpoints: [endpoint] })
    onTestFinished(() => session.close())
    const distrusted: string[] = []
    const ending = new AbortController()
    const following = followEndpoint({
      session: { ...session, distrust: (one) => distrusted.push(one) },
      startRevision: 2,
      mark: undefined,
      patience: { heartbeatMs: 50, timeoutMs: 5_000 },
      signal: ending.signal,
    })
    expect((await following.next()).value).toMatchObject({ revision: 1 })
    const next = following.next()
    ending.abort()
    await failureOf(next)
    expect(distrusted).toEqual([])
  })

  it('rejects within its deadline while etcd does not answer, and goes on when it does', async () => {
    const etcd = await scratchEtcd()
    const proxy = await chaosProxy({ upstream: { host: '127.0.0.1', port: etcd.clientPort } })
    onTestFinished(() => proxy.stop())
    const store = openEtcdStore({ endpoints: [`http://127.0.0.1:${proxy.port}`], timeoutMs: 300 })
    await put(store, '/a')
    await proxy.set('black-hole')
    const calls = [
      store.range({ keys: everything }),
      store.revision(),
      store.compact({ revision: 2 }),
      put(store, '/b', '"secret"'),
    ]
    for (const failure of await Promise.all(calls.map(failureOf))) {
      expect(failure).toMatchObject({ name: 'StoreError', code: 'unavailable' })
      expect(String(failure)).not.toContain('secret')
    }
    await proxy.set('pass')
    await expect.poll(async () => store.revision().catch(() => 0)).toBeGreaterThan(1)
  })

  it('says at once that nobody listens', async () => {
    const etcd = await scratchEtcd()
    const store = openEtcdStore({ endpoints: [etcd.endpoint], timeoutMs: 60_000 })
    await put(store, '/a')
    await etcd.kill()
    expect(await failureOf(put(store, '/b'))).toMatchObject({ code: 'unavailable' })
    expect(await failureOf(store.range({ keys: everything }))).toMatchObject({ code: 'unavailable' })
  })

  it('waits out a restart of etcd in its watch, without a gap', async () => {
    const etcd = await scratchEtcd()
    const store = openEtcdStore({ endpoints: [etcd.endpoint], timeoutMs: 500 })
    const seen = changesUntil(store, { keys: everything, startRevision: 2 }, 4)
    await put(store, '/a')
    await etcd.kill()
    const again = await scratchEtcd({ dataDir: etcd.dataDir, clientPort: etcd.clientPort })
    await put(openEtcdStore({ endpoints: [again.endpoint] }), '/b')
    await expect.poll(async () => put(store, '/c').catch(() => 0)).toBe(4)
    expect((await seen).map((event) => 'item' in event && event.item.modRevision)).toEqual([2, 3, 4])
  })
})

/** Which part of a write's answer is lost, and what of etcd the store can still reach. */
const losses = ['reset', 'cut', 'black-hole'] as const

describeWithServer('etcd', 'an etcdStore whose answer is lost', () => {
  /** One store over a proxy and, behind it, the way around it. */
  const start = async (timeoutMs = 5_000) => {
    const etcd = await scratchEtcd()
    const proxy = await chaosProxy({ upstream: { host: '127.0.0.1', port: etcd.clientPort } })
    onTestFinished(() => proxy.stop())
    const proxied = `http://127.0.0.1:${proxy.port}`
    const store = openEtcdStore({ endpoints: [proxied, etcd.endpoint], timeoutMs })
    // From here on the connection is used again.
    await put(store, '/before')
    return { etcd, proxy, store, direct: openEtcdStore({ endpoints: [etcd.endpoint] }) }
  }
  const versionOf = async (store: ConfigStore, key: string): Promise<number | undefined> =>
    (await store.range({ keys: everything })).items.find((item) => item.key === key)?.version

  it.each(losses)('finds out that its write was done (%s)', async (loss) => {
    const { proxy, store, direct } = await start()
    await proxy.set(
      loss === 'black-hole'
        ? { blackHoleAfterBytes: 0 }
        : loss === 'cut'
          ? { cutAfterBytes: 0, once: true }
          : { resetAfterBytes: 0, once: true },
    )
    const operations = [
      { type: 'put', key: '/a', value: '"mine"' },
      { type: 'delete', key: '/before' },
      { type: 'delete', key: '/never' },
    ] as const
    expect(await store.transaction({ compare: [{ key: '/a', modRevision: 0 }], operations })).toEqual({
      status: 'committed',
      revision: 3,
    })
    expect(await versionOf(direct, '/a')).toBe(1)
  })

  it('finds out that its deletion was done', async () => {
    const { proxy, store } = await start()
    await proxy.set({ resetAfterBytes: 0, once: true })
    const compare = [{ key: '/before', modRevision: 2 }]
    const operations = [{ type: 'delete', key: '/before' }] as const
    expect(await store.transaction({ compare, operations })).toEqual({ status: 'committed', revision: 3 })
  })

  it('finds out that it lost against somebody else', async () => {
    const { proxy, store, direct } = await start()
    await put(direct, '/a', '"theirs"')
    await proxy.set({ resetAfterBytes: 0, once: true })
    const compare = [{ key: '/a', modRevision: 0 }]
    const operations = [{ type: 'put', key: '/a', value: '"mine"' }] as const
    expect(await store.transaction({ compare, operations })).toMatchObject({ status: 'conflict' })
  })

  it('writes again what did not arrive, and then what was on its way does no harm', async () => {
    const etcd = await scratchEtcd()
    const proxy = await holdingProxy(etcd.endpoint)
    const direct = openEtcdStore({ endpoints: [etcd.endpoint] })
    const store = openEtcdStore({ endpoints: [proxy.endpoint, etcd.endpoint], timeoutMs: 2_000 })
    await put(store, '/before')
    proxy.hold()
    expect(await put(store, '/a', '1')).toBe(4)
    expect(await put(direct, '/a', '2')).toBe(5)
    expect(await proxy.release()).toEqual([{ header: expect.anything() }])
    expect(await direct.range({ keys: everything })).toMatchObject({
      revision: 5,
      items: [
        { key: '/a', value: '2', version: 2 },
        { key: '/before' },
        // What keeps it from happening. etcd drops it after a day.
        { key: expect.stringMatching(/^\/outlast\/settled\//), modRevision: 3 },
      ],
    })
  })

  it('does not take for its own what was the same, and overwritten, before it was sent', async () => {
    const etcd = await scratchEtcd()
    const proxy = await holdingProxy(etcd.endpoint)
    const direct = openEtcdStore({ endpoints: [etcd.endpoint] })
    const store = openEtcdStore({ endpoints: [proxy.endpoint, etcd.endpoint], timeoutMs: 2_000 })
    await put(store, '/before')
    for (const value of ['1', '2']) await put(direct, '/a', value)
    proxy.hold()
    expect(await put(store, '/a', '1')).toBe(6)
    expect(await versionOf(direct, '/a')).toBe(3)
  })

  it('says that the outcome is not known when nothing else is left to ask', async () => {
    const etcd = await scratchEtcd()
    const proxy = await chaosProxy({ upstream: { host: '127.0.0.1', port: etcd.clientPort } })
    onTestFinished(() => proxy.stop())
    const store = openEtcdStore({ endpoints: [`http://127.0.0.1:${proxy.port}`], timeoutMs: 500 })
    await put(store, '/before')
    await proxy.set({ blackHoleAfterBytes: 0 })
    const create = store.transaction({
      compare: [{ key: '/a', modRevision: 0 }],
      operations: [{ type: 'put', key: '/a', value: '"secret"' }],
    })
    expect(await failureOf(create)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^whether it was written is not known: (?!.*secret)/),
    })
    await proxy.set('refuse')
    // One that was not sent is not in doubt.
    expect(await failureOf(put(store, '/b'))).toMatchObject({
      code: 'unavailable',
      message: expect.not.stringContaining('not known'),
    })
  })
})

describeWithServer('etcd', 'an etcdStore whose etcd is replaced', () => {
  const watchUntilEnd = async (store: ConfigStore, told: number[]): Promise<void> => {
    const { signal } = new AbortController()
    for await (const batch of store.watch({ keys: everything, startRevision: 2, signal })) {
      told.push(batch.type === 'events' ? batch.revision : Number.NaN)
    }
  }
  const peerFlags = (port: number): readonly string[] => [
    `--listen-peer-urls=http://127.0.0.1:${port}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${port}`,
    `--initial-cluster=test=http://127.0.0.1:${port}`,
  ]

  it.each(['another cluster', 'the same, wiped', 'the same, wiped and filled'])(
    'ends its watches, and is the new one then: %s',
    async (what) => {
      const [peer, otherPeer] = [await freePort(), await freePort()]
      const etcd = await scratchEtcd({ flags: peerFlags(peer) })
      const store = openEtcdStore({ endpoints: [etcd.endpoint], timeoutMs: 1_000 })
      const { clusterId } = await store.identity()
      const told: number[] = []
      const ended = failureOf(watchUntilEnd(store, told))
      for (const key of ['/a', '/b']) await put(store, key)
      await expect.poll(() => told).toContain(3)

      await etcd.stop()
      const flags = peerFlags(what === 'another cluster' ? otherPeer : peer)
      const { clientPort } = etcd
      // Where nobody looks before it has a higher revision.
      const hidden = await scratchEtcd({ flags, dataDir: await scratchPath() })
      const filler = openEtcdStore({ endpoints: [hidden.endpoint] })
      const revision = what.endsWith('filled') ? 6 : 1
      for (let at = 2; at <= revision; at += 1) await put(filler, `/new/${at}`)
      await filler.close()
      await hidden.kill()
      const next = await scratchEtcd({ clientPort, flags, dataDir: hidden.dataDir })

      expect(await ended).toMatchObject({ name: 'StoreError', code: 'replaced' })
      await expect.poll(async () => store.revision().catch(() => 0)).toBe(revision)
      const identity = await store.identity()
      expect(identity.clusterId === clusterId).toBe(what !== 'another cluster')
      expect(identity).toEqual(await openEtcdStore({ endpoints: [next.endpoint] }).identity())
      const seen = changesUntil(store, { keys: everything, startRevision: revision + 1 }, revision + 1)
      await put(store, '/new')
      expect(await seen).toMatchObject([{ item: { key: '/new' } }])
      expect(told.every((at) => at <= 3)).toBe(true)
    },
  )

  it('makes no state of pages of two stores', async () => {
    const { endpoint } = await scratchEtcd()
    const store = openEtcdStore({ endpoints: [endpoint] })
    await Promise.all(Array.from({ length: 1_001 }, async (_, n) => put(store, `/${n}`)))
    const session = etcdSession({ endpoints: [endpoint] })
    onTestFinished(() => session.close())
    let pages = 0
    const reading = readRange(
      {
        ...session,
        call: async (attempt, signal) => {
          const page = await session.call(attempt, signal)
          pages += 1
          const header = session.newest()
          // As when a call beside it finds out.
          if (pages === 1 && header !== undefined) session.replaced(header)
          return page
        },
      },
      { keys: everything },
    )
    expect(await failureOf(reading)).toMatchObject({ name: 'StoreError', code: 'replaced' })
    expect(pages).toBe(2)
    expect((await readRange(session, { keys: everything })).items).toHaveLength(1_001)
  })

  it('passes over an endpoint of another cluster, and writes nothing there', async () => {
    const [ours, foreign] = [await scratchEtcd(), await scratchEtcd()]
    const endpoints = [ours.endpoint, foreign.endpoint]
    const store = openEtcdStore({ endpoints, timeoutMs: 1_000 })
    await put(store, '/a')
    await ours.kill()
    expect(await failureOf(put(store, '/b'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('another cluster'),
    })
    expect(await openEtcdStore({ endpoints: [foreign.endpoint] }).revision()).toBe(1)
    await scratchEtcd({ dataDir: ours.dataDir, clientPort: ours.clientPort })
    await expect.poll(async () => put(store, '/b').catch(() => 0)).toBe(3)
  })
})

describeWithServer('etcd', 'an etcdStore with a user and TLS', () => {
  it('shows user and password, again when etcd was restarted, and never tells them', async () => {
    const etcd = await scratchEtcd()
    const client = etcdClient(etcd.endpoint)
    const post = async (path: string, body: object) => client.post(path, body)
    await post('/v3/auth/role/add', { name: 'control-plane' })
    // All that it needs: every key that begins with a slash.
    const perm = { permType: 'READWRITE', key: base64('/'), range_end: base64('0') }
    await post('/v3/auth/role/grant', { name: 'control-plane', perm })
    for (const name of ['root', 'outlast']) await post('/v3/auth/user/add', { name, password: 'right-password' })
    await post('/v3/auth/user/grant', { user: 'root', role: 'root' })
    await post('/v3/auth/user/grant', { user: 'outlast', role: 'control-plane' })
    await post('/v3/auth/enable', {})

    const login = { endpoints: [etcd.endpoint], user: 'outlast', password: 'right-password', timeoutMs: 1_000 }
    const store = openEtcdStore(login)
    const seen = changesUntil(store, { keys: everything, startRevision: 2 }, 3)
    await put(store, '/a')
    await etcd.kill()
    await scratchEtcd({ dataDir: etcd.dataDir, clientPort: etcd.clientPort })
    await expect.poll(async () => put(store, '/b').catch(() => 0)).toBe(3)
    expect(await seen).toHaveLength(2)

    const wrong = openEtcdStore({ ...login, password: 'wrong-password' })
    for (const failure of [await failureOf(put(wrong, '/c')), await failureOf(wrong.revision())]) {
      expect(failure).toMatchObject({ code: 'unavailable', message: expect.stringContaining('authentication failed') })
      expect(String(failure)).not.toMatch(/-password/)
    }
  })

  it('shows its certificate, and trusts none but the right server', async () => {
    const clientPort = await freePort()
    const endpoint = `https://127.0.0.1:${await freePort()}`
    await scratchEtcd({
      clientPort,
      flags: [
        `--listen-client-urls=http://127.0.0.1:${clientPort},${endpoint}`,
        `--cert-file=${fixture('server.pem')}`,
        `--key-file=${fixture('server-key.pem')}`,
        `--trusted-ca-file=${fixture('ca.pem')}`,
        '--client-cert-auth',
      ],
    })
    const tls = { ca: text('ca.pem'), cert: text('client.pem'), key: text('client-key.pem'), serverName: 'etcd.test' }
    const store = openEtcdStore({ endpoints: [endpoint], tls })
    expect(await put(store, '/a')).toBe(2)
    expect(await changesUntil(store, { keys: everything, startRevision: 2 }, 2)).toHaveLength(1)
    for (const less of [
      { ca: tls.ca, serverName: 'etcd.test' },
      { ...tls, ca: undefined },
      { ...tls, serverName: 'other.test' },
    ]) {
      const refused = openEtcdStore({ endpoints: [endpoint], tls: less })
      expect(await failureOf(put(refused, '/b'))).toMatchObject({ code: 'unavailable' })
    }
    expect(await store.revision()).toBe(2)
  })
})

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/etcd/${name}`, import.meta.url))
}

function text(name: string): string {
  return readFileSync(fixture(name), 'utf8')
}
