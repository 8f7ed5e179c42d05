import { startEtcd, freePort, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import type { ConfigSource, SourceUpdate } from '@outlast/snapshot'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { etcdSource } from '../src/index.ts'
import { collectUpdates, revisionOf, upsertedIds } from './collect-updates.ts'
import { startResetProxy } from './reset-proxy.ts'
import { startSwallowingProxy } from './swallowing-proxy.ts'
import { etcdWriter, type EtcdWriter } from './etcd-writer.ts'

describeWithServer('etcd', 'watch of a real etcd', () => {
  let etcd: Etcd
  let writer: EtcdWriter
  let source: Required<ConfigSource>
  const cleanUps: (() => Promise<void>)[] = []

  // The same peer address after a wipe, as an operator's flags would have it: it makes the cluster id.
  let flags: string[]

  const stopLater = (server: Etcd): void => {
    cleanUps.push(async () => {
      await server.stop()
    })
  }

  const restart = async (): Promise<void> => {
    etcd = await startEtcd({ dataDir: etcd.dataDir, clientPort: etcd.clientPort, flags })
    stopLater(etcd)
  }

  const watch = (
    from: { readonly identity: string; readonly revision: number },
    signal?: AbortSignal,
  ): AsyncIterable<SourceUpdate> => source.watch({ from: { identity: from.identity, revision: from.revision }, signal })

  beforeEach(async () => {
    const peer = `http://127.0.0.1:${String(await freePort())}`
    flags = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`]
    etcd = await startEtcd({ flags })
    stopLater(etcd)
    writer = etcdWriter(etcd.endpoint)
    source = etcdSource({ endpoints: [etcd.endpoint], heartbeatMs: 50, timeoutMs: 1_000 })
  })
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  })

  it('yields one change for each revision, also for transactions and deletions', async () => {
    await writer.put('/apisix/routes/1', { v: 1 })
    const state = await source.load()
    await writer.transaction({
      '/apisix/routes/2': { v: 2 },
      '/apisix/keyring/default': { v: 2 },
      '/apisix/routes/1': undefined,
    })
    await writer.put('/elsewhere/routes/9', {})
    await writer.put('/apisix/routes/3', { v: 3 })

    const updates = await collectUpdates(watch(state), (update) => revisionOf(update) === state.revision + 3)

    expect(updates.filter(({ type }) => type !== 'progress')).toStrictEqual([
      {
        type: 'change',
        revision: state.revision + 1,
        resources: {
          upserted: [{ kind: 'routes', id: '2', value: { v: 2 } }],
          removed: [{ kind: 'routes', id: '1' }],
        },
        instance: { upserted: [{ kind: 'keyring', id: 'default', value: { v: 2 } }], removed: [] },
      },
      {
        type: 'change',
        revision: state.revision + 3,
        resources: { upserted: [{ kind: 'routes', id: '3', value: { v: 3 } }], removed: [] },
        instance: { upserted: [], removed: [] },
      },
    ])
  })

  it('delivers values of many bytes and many characters whole', async () => {
    await writer.put('/apisix/routes/1', {})
    const state = await source.load()
    const value = { text: 'ä€🚀'.repeat(100_000) }
    await writer.put('/apisix/routes/🚀', value)
    await writer.put('/apisix/routes/small', {})
    const updates = await collectUpdates(watch(state), (update) => upsertedIds([update]).includes('small'))
    const change = updates.find((update) => update.type === 'change')
    expect(change?.resources.upserted).toStrictEqual([{ kind: 'routes', id: '🚀', value }])
  })

  it('resumes without loss or repetition after etcd was killed and restarted', async () => {
    await writer.put('/apisix/routes/before', {})
    const state = await source.load()
    const seen: SourceUpdate[] = []
    const lost = (async () => {
      for await (const update of watch(state)) seen.push(update)
    })()
    const failure = lost.catch((error: unknown) => error)
    await writer.put('/apisix/routes/1', {})
    await expect.poll(() => upsertedIds(seen)).toStrictEqual(['1'])
    await etcd.kill()
    expect(await failure).toMatchObject({ name: 'SourceError', code: 'unavailable' })
    await restart()
    await writer.put('/apisix/routes/2', {})

    const newest = seen.at(-1)
    const from = { identity: state.identity, revision: newest === undefined ? 0 : revisionOf(newest) }
    const updates = await collectUpdates(watch(from), ({ type }) => type !== 'progress')

    expect(updates.map(({ type }) => type)).not.toContain('state')
    expect(upsertedIds(updates)).toStrictEqual(['2'])
  })

  it('begins with the state when what followed has been compacted', async () => {
    await writer.put('/apisix/routes/1', {})
    const state = await source.load()
    await writer.put('/apisix/routes/2', {})
    await writer.put('/apisix/routes/3', {})
    await writer.compact()
    const [first] = await collectUpdates(watch(state), () => true)
    expect(first).toMatchObject({ type: 'state', state: { revision: state.revision + 2, identity: state.identity } })
    expect(first?.type === 'state' && first.state.resources).toHaveLength(3)
  })

  it('throws within the deadline when etcd falls silent', async () => {
    const state = await source.load()
    const watching = (async () => {
      for await (const update of watch(state)) if (update.type === 'progress') etcd.pause()
    })()
    await expect(watching).rejects.toMatchObject({ code: 'unavailable' })
  })

  // Once it was sent again while nobody waited any more, and its failure, which nobody saw, ended the process.
  it('throws when its connection is reset, and leaves no rejection that nobody handles', async () => {
    await writer.put('/apisix/routes/1', {})
    const proxy = await startResetProxy(etcd.endpoint)
    cleanUps.push(async () => proxy.stop())
    source = etcdSource({ endpoints: [proxy.endpoint], heartbeatMs: 50, timeoutMs: 1_000 })
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => {
      unhandled.push(reason)
    }
    process.on('unhandledRejection', note)
    cleanUps.push(async () => {
      process.off('unhandledRejection', note)
    })

    for (let times = 0; times < 5; times++) {
      const updates = watch(await source.load())[Symbol.asyncIterator]()
      expect(await updates.next()).toMatchObject({ value: { type: 'progress' } })
      proxy.reset()
      await expect(updates.next()).rejects.toMatchObject({ code: 'unavailable' })
    }
    // Later than whatever the last one has left behind.
    await source.load()
    expect(unhandled).toEqual([])
  })

  it('says progress when only others write to the store, and never beyond what it has delivered', async () => {
    await writer.put('/apisix/routes/1', {})
    const state = await source.load()
    const foreign = (async () => {
      for (let index = 0; index < 20; index++) await writer.put(`/elsewhere/${String(index)}`, {})
      await writer.delete('/apisix/routes/1')
      await writer.put('/elsewhere/last', {})
    })()
    let routes = new Set(['1'])
    await collectUpdates(watch(state), (update) => {
      if (update.type === 'change')
        routes = new Set([...routes].filter((id) => !update.resources.removed.some((ref) => ref.id === id)))
      // The deletion is the revision after the twenty; progress beyond it must come after the change.
      const beyondDeletion = update.type === 'progress' && update.revision > state.revision + 20
      expect(beyondDeletion && routes.size > 0).toBe(false)
      return beyondDeletion
    })
    await foreign
  })

  it('begins with the state of a wiped and re-seeded etcd that has the same id and a higher revision', async () => {
    await writer.put('/apisix/routes/old', { generation: 1 })
    const state = await source.load()
    await etcd.kill()
    await etcd.stop()
    await restart()
    for (let index = 0; index < 5; index++) await writer.put('/apisix/routes/new', { generation: 2, index })

    const updates = await collectUpdates(watch(state), () => true)

    const modified = { resources: new Map([['routes/new', 6]]) }
    expect(updates).toMatchObject([{ type: 'state', state: { identity: state.identity, revision: 6, modified } }])
    expect(updates[0]?.type === 'state' && updates[0].state.resources.map(({ id }) => id)).toStrictEqual(['new'])
  })

  it.each([
    'a revision that the store has not reached',
    'another identity',
    'a revision that this source never delivered',
  ])('begins with the state when it is asked to follow %s', async (what) => {
    await writer.put('/apisix/routes/1', {})
    const state = await etcdSource({ endpoints: [etcd.endpoint] }).load()
    if (what === 'a revision that the store has not reached') await source.load()
    const from = {
      identity: what === 'another identity' ? 'etcd:1' : state.identity,
      revision: state.revision + (what === 'a revision that the store has not reached' ? 5 : 0),
    }
    const updates = await collectUpdates(watch(from), () => true)
    expect(updates).toMatchObject([{ type: 'state', state: { identity: state.identity, revision: state.revision } }])
  })

  it('throws when the watch keeps not delivering what has changed (fake proxy before a real etcd)', async () => {
    await writer.put('/apisix/routes/1', {})
    const proxy = await startSwallowingProxy(etcd.endpoint)
    cleanUps.push(proxy.stop)
    source = etcdSource({ endpoints: [proxy.endpoint], heartbeatMs: 20, timeoutMs: 200 })
    const state = await source.load()
    const watching = (async () => {
      for await (const update of watch(state)) if (update.type === 'progress') await writer.delete('/apisix/routes/1')
    })()
    await expect(watching).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('does not deliver'),
    })
  })

  it('ends at once with the reason of its signal, and leaves no socket behind', async () => {
    const controller = new AbortController()
    const state = await source.load()
    const watching = (async () => {
      for await (const update of watch(state, controller.signal)) {
        if (update.type === 'progress') setImmediate(() => controller.abort(new Error('enough')))
      }
    })()
    await expect(watching).rejects.toThrow('enough')
    const open = (): string[] => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap')
    await expect.poll(open).toStrictEqual([])
  })
})
