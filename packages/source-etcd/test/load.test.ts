import { SourceError } from '@outlast/snapshot'
import { startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { etcdSource } from '../src/index.ts'
import { etcdWriter, type EtcdWriter } from './etcd-writer.ts'

describeWithServer('etcd', 'load from a real etcd', () => {
  let etcd: Etcd
  let writer: EtcdWriter

  beforeAll(async () => {
    etcd = await startEtcd()
    writer = etcdWriter(etcd.endpoint)
  })
  afterAll(async () => {
    await etcd.stop()
  })

  const sourceOf = (prefix: string) => etcdSource({ endpoints: [etcd.endpoint], prefix })

  it('yields entries by kind and id, in their domains, with identity and revision', async () => {
    await writer.put('/basic/routes/1', { uri: '/ip' })
    await writer.put('/basic/consumers/jack/credentials/key-1', { plugins: {} })
    await writer.put('/basic/keyring/default', { keys: ['k'] })
    await writer.put('/basics/routes/2', { uri: '/of-another-prefix' })
    const source = sourceOf('/basic')

    const state = await source.load()

    expect(source.name).toBe(`etcd://${new URL(etcd.endpoint).host}/basic`)
    expect(state).toStrictEqual({
      identity: expect.stringMatching(/^etcd:\d+$/),
      revision: await writer.revision(),
      resources: [
        { kind: 'consumers', id: 'jack/credentials/key-1', value: { plugins: {} } },
        { kind: 'routes', id: '1', value: { uri: '/ip' } },
      ],
      instance: [{ kind: 'keyring', id: 'default', value: { keys: ['k'] } }],
      modified: {
        resources: new Map([
          ['routes/1', expect.any(Number)],
          ['consumers/jack/credentials/key-1', expect.any(Number)],
        ]),
        instance: new Map([['keyring/default', expect.any(Number)]]),
      },
    })
  })

  it('tells at which revision each entry was last modified', async () => {
    await writer.put('/told/routes/1', { v: 1 })
    await writer.put('/told/routes/2', {})
    const before = await writer.revision()
    await writer.put('/told/routes/1', { v: 2 })
    await writer.put('/told/keyring/default', {})
    await writer.put('/told/routes/', 'names no entry')

    const { revision, modified } = await sourceOf('/told').load()

    expect(revision).toBe(before + 3)
    expect(modified).toStrictEqual({
      resources: new Map([
        ['routes/1', before + 1],
        ['routes/2', before],
      ]),
      instance: new Map([['keyring/default', before + 2]]),
    })
  })

  it('leaves out what names no item: directory markers, kinds without an id, node reports', async () => {
    await writer.putRaw('/markers/routes/', 'init_dir')
    await writer.putRaw('/markers/plugins', '[]')
    await writer.put('/markers/data_plane/server_info/node-1', { boot_time: 1 })
    await writer.putRaw(Buffer.from([...Buffer.from('/markers/routes/'), 0xff]), '{}')
    await writer.put('/markers/routes/1', {})

    const { resources, instance } = await sourceOf('/markers').load()

    expect(resources).toStrictEqual([{ kind: 'routes', id: '1', value: {} }])
    expect(instance).toStrictEqual([])
  })

  it('keeps values that are no JSON, or that no snapshot could hold, as strings', async () => {
    await writer.putRaw('/odd/routes/bytes', Buffer.from([0xff, 0x00]))
    const deep = `${'['.repeat(1000)}${']'.repeat(1000)}`
    await writer.putRaw('/odd/routes/deep', deep)
    await writer.putRaw('/odd/routes/empty', '')
    await writer.putRaw('/odd/routes/half', String.raw`{"a":"\ud83d"}`)
    await writer.putRaw('/odd/routes/huge', '{"a":1e999}')
    await writer.putRaw('/odd/routes/torn', '{"uri":')
    await writer.put('/odd/routes/whole', { name: 'größer 🚀', exponent: 1e30 })

    const { resources } = await sourceOf('/odd').load()

    expect(Object.fromEntries(resources.map(({ id, value }) => [id, value]))).toStrictEqual({
      bytes: 'data:application/octet-stream;base64,/wA=',
      deep,
      empty: '',
      half: String.raw`{"a":"\ud83d"}`,
      huge: '{"a":1e999}',
      torn: '{"uri":',
      whole: { name: 'größer 🚀', exponent: 1e30 },
    })
  })

  it('reads 1,200 keys in pages at one revision while writes go on', async () => {
    const ids = Array.from({ length: 1200 }, (_, index) => String(index).padStart(4, '0'))
    // Every transaction moves all of these on together: a mixture of revisions would show two generations.
    const watchedIds = ['0000', '0499', '0500', '0501', '1199']
    const generation = async (number: number): Promise<void> => {
      await writer.transaction(Object.fromEntries(watchedIds.map((id) => [`/many/routes/${id}`, { number }])))
    }
    for (let start = 0; start < ids.length; start += 100) {
      const page = ids.slice(start, start + 100)
      await writer.transaction(Object.fromEntries(page.map((id) => [`/many/routes/${id}`, { number: 0 }])))
    }
    await generation(1)

    const reading = new AbortController()
    const writes = (async () => {
      for (let number = 2; !reading.signal.aborted; number++) await generation(number)
    })()
    const states = []
    for (let round = 0; round < 5; round++) states.push(await sourceOf('/many').load())
    reading.abort()
    await writes

    for (const { resources } of states) {
      expect(resources).toHaveLength(1200)
      const generations = resources
        .filter(({ id }) => watchedIds.includes(id))
        .map(({ value }) => JSON.stringify(value))
      expect(new Set(generations).size).toBe(1)
    }
    expect(states[4]?.revision).toBeGreaterThan(states[0]?.revision ?? 0)
  })

  it('uses the next endpoint when the first one is dead', async () => {
    await writer.put('/second/routes/1', {})
    const source = etcdSource({ endpoints: ['http://127.0.0.1:1', etcd.endpoint], prefix: '/second' })
    expect((await source.load()).resources).toHaveLength(1)
  })

  it('names every endpoint when none works', async () => {
    const source = etcdSource({ endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2'] })
    const error: unknown = await source.load().catch((reason: unknown) => reason)
    expect(SourceError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/:1: .*ECONNREFUSED.*:2: /) })
  })

  it('reports a server that is not etcd as an invalid response', async () => {
    const source = etcdSource({ endpoints: [`${etcd.endpoint}/somewhere-else`] })
    await expect(source.load()).rejects.toMatchObject({
      code: 'invalid-response',
      message: expect.stringContaining('404'),
    })
  })

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController()
    etcd.pause()
    try {
      const loading = etcdSource({ endpoints: [etcd.endpoint], timeoutMs: 600_000 }).load({ signal: controller.signal })
      controller.abort(new Error('enough'))
      await expect(loading).rejects.toThrow('enough')
    } finally {
      etcd.resume()
    }
  })

  it('gives a silent server up at the deadline', async () => {
    etcd.pause()
    try {
      const loading = etcdSource({ endpoints: [etcd.endpoint], timeoutMs: 100 }).load()
      await expect(loading).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('100 ms') })
    } finally {
      etcd.resume()
    }
  })
})
