import { httpAnswer, startEtcd, startRawServer, type Etcd, type RawServer } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { expect, it, onTestFinished } from 'vitest'
import {
  etcdCluster,
  parseWatchFrame,
  type EtcdClientOptions,
  type EtcdCluster,
  type RangeRequest,
  type RangeResult,
  type TransactionReply,
  type TransactionRequest,
} from '../src/client.ts'

const key = (name: string): Buffer => Buffer.from(name)

describeWithServer('etcd', 'etcdCluster', () => {
  const start = async (): Promise<Etcd> => {
    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    return etcd
  }
  /** Takes every request, and says nothing. */
  const silent = async (): Promise<RawServer> => {
    const server = await startRawServer(() => undefined)
    onTestFinished(() => server.stop())
    return server
  }
  const open = (options: EtcdClientOptions): EtcdCluster => {
    const cluster = etcdCluster(options)
    onTestFinished(() => cluster.close())
    return cluster
  }
  const range = async (cluster: EtcdCluster, request: RangeRequest): Promise<RangeResult> =>
    cluster.call((client, options) => client.range(request, options))
  const write = async (cluster: EtcdCluster, request: TransactionRequest): Promise<TransactionReply> =>
    cluster.call((client, options) => client.transaction(request, options))
  const put = (name: string, value = '1'): TransactionRequest => ({
    conditions: [],
    operations: [{ type: 'put', key: key(name), value: Buffer.from(value) }],
  })
  const askedEndpoint = async (cluster: EtcdCluster): Promise<string> =>
    cluster.call(async (client, options) => {
      await client.range({ key: key('/a') }, options)
      return client.endpoint
    })

  it('counts an endpoint once, however often and in whatever form it is given', () => {
    const endpoints = ['http://a.test:2379', 'http://a.test:2379/', 'http://A.test:2379', 'http://b.test:2379']
    expect(open({ endpoints })).toMatchObject({ name: 'etcd://a.test:2379,b.test:2379', endpointCount: 2 })
  })

  it('writes under conditions, all or nothing, and says who answered', async () => {
    const cluster = open({ endpoints: [(await start()).endpoint] })
    const created = await write(cluster, {
      conditions: [{ key: key('/a'), target: 'version', is: 'equal', value: 0 }],
      operations: [...put('/a').operations, ...put('/b').operations, { type: 'delete', key: key('/never') }],
    })
    expect(created).toEqual({
      status: 'committed',
      header: {
        clusterId: expect.stringMatching(/^[1-9]\d+$/),
        memberId: expect.stringMatching(/^[1-9]\d+$/),
        raftTerm: expect.stringMatching(/^[1-9]\d*$/),
        revision: 2,
      },
    })
    const late = await write(cluster, {
      conditions: [{ key: key('/a'), target: 'modRevision', is: 'less', value: 2 }],
      operations: [{ type: 'delete', key: key('/a') }],
    })
    expect(late).toMatchObject({ status: 'conflict', header: { revision: 2 } })
    expect(await range(cluster, { key: key('/'), rangeEnd: key('0') })).toMatchObject({ status: 'ok', count: 2 })
  })

  it('compacts once, and lets what has a lease go', async () => {
    const etcd = await start()
    const cluster = open({ endpoints: [etcd.endpoint] })
    for (const value of ['1', '2', '3']) await write(cluster, put('/a', value))
    const compact = async (revision: number) => cluster.call((client, options) => client.compact({ revision }, options))
    expect(await compact(3)).toEqual({ status: 'ok' })
    expect(await compact(3)).toEqual({ status: 'compacted' })
    expect(await compact(9)).toEqual({ status: 'future' })
    expect(await range(cluster, { key: key('/a'), revision: 2 })).toEqual({ status: 'compacted' })

    const lease = await cluster.call((client, options) => client.grantLease({ seconds: 1 }, options))
    const leased = { type: 'put', key: key('/leased'), value: key('1'), lease } as const
    await write(cluster, { conditions: [], operations: [leased] })
    expect(await range(cluster, leased)).toMatchObject({ count: 1 })
    await expect.poll(async () => range(cluster, leased), { interval: 200 }).toMatchObject({ count: 0 })
  })

  it('watches from a revision on, in frames that are not large', async () => {
    const cluster = open({ endpoints: [(await start()).endpoint] })
    for (let n = 0; n < 3; n += 1) await write(cluster, put(`/${n}`, 'x'.repeat(1024 * 1024)))
    const { client, frames } = await cluster.connect(async (opened, options) => ({
      client: opened,
      frames: await opened.watch({ key: key('/'), rangeEnd: key('0'), startRevision: 2 }, options),
    }))
    onTestFinished(() => client.close())
    const seen: unknown[] = []
    while (seen.length < 3) {
      const json = await frames.next(10_000)
      if (json === 'silent') throw new Error('nothing came')
      const frame = parseWatchFrame(json)
      if (frame.type !== 'events') throw new Error(`the watch was ${frame.type}`)
      expect(frame.events.length).toBeLessThanOrEqual(1)
      seen.push(...frame.events.map(({ kv }) => kv.key.toString()))
    }
    expect(seen).toEqual(['/0', '/1', '/2'])
  })

  it('tries one endpoint after the other, and stays with the one that works', async () => {
    const [first, second] = [await start(), await start()]
    const endpoints = [(await silent()).endpoint, first.endpoint, second.endpoint]
    const cluster = open({ endpoints, timeoutMs: 3_000 })
    // The one that says nothing leaves time for the others.
    expect(await askedEndpoint(cluster)).toBe(first.endpoint)
    expect(await askedEndpoint(cluster)).toBe(first.endpoint)
    cluster.demote(first.endpoint)
    expect(await askedEndpoint(cluster)).toBe(second.endpoint)
    await first.kill()
    expect(cluster.name).toBe(`etcd://${endpoints.map((endpoint) => new URL(endpoint).host).join(',')}`)
    await second.kill()
    await expect(askedEndpoint(cluster)).rejects.toMatchObject({ name: 'SourceError', code: 'unavailable' })
  })

  it.each(['nothing', 'a reset', 'half an answer'])(
    'says that the outcome of a transaction is unknown when %s comes back, and sends it once',
    async (what) => {
      let sent = 0
      const server = await startRawServer((socket, request) => {
        if (request.includes('/v3/kv/txn')) sent += 1
        if (what === 'a reset') socket.resetAndDestroy()
        if (what === 'half an answer') socket.end(httpAnswer(200, '{"header":{').replace('11', '110'))
      })
      onTestFinished(() => server.stop())
      const cluster = open({ endpoints: [server.endpoint], timeoutMs: 300 })
      expect(await write(cluster, put('/a'))).toMatchObject({ status: 'unknown', error: { code: 'unavailable' } })
      expect(sent).toBe(1)
    },
  )

  it('rejects when nobody can have seen the transaction', async () => {
    const etcd = await start()
    await etcd.kill()
    await expect(write(open({ endpoints: [etcd.endpoint] }), put('/a'))).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('says that a transaction is larger than etcd takes', async () => {
    const cluster = open({ endpoints: [(await start()).endpoint] })
    const reply = await write(cluster, put('/a', 'x'.repeat(2 * 1024 * 1024)))
    expect(reply).toMatchObject({ status: 'refused', reason: 'too-large', error: { name: 'SourceError' } })
  })

  it('ends at once with the reason of its signal, and when it is closed', async () => {
    const cluster = open({ endpoints: [(await silent()).endpoint], timeoutMs: 60_000 })
    const stop = new AbortController()
    const call = cluster.call((client, options) => client.range({ key: key('/a') }, options), { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    const other = write(cluster, put('/a')).catch((error: unknown) => error)
    cluster.close()
    expect(await other).toMatchObject({ code: 'unavailable' })
  })
})
