import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceUpdate } from '@outlast/snapshot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configStoreSource } from '../../src/control-plane/config-store-source.ts'
import { groupKey } from '../../src/control-plane/group-keys.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { sqliteStore } from '../../src/control-plane/store/sqlite-store.ts'
import { StoreError } from '../../src/control-plane/store/store-error.ts'

describe("the control plane's own store as a configuration source", () => {
  let folder: string
  let store: ConfigStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-source-'))
    store = sqliteStore({ path: join(folder, 'store.db') })
  })

  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  const put = (group: string, kind: string, id: string, value: object) =>
    store.transaction({
      operations: [{ type: 'put', key: groupKey(group, { kind, id }), value: JSON.stringify(value) }],
    })

  it('gives one gateway group, its domains apart, under the identity that data planes see', async () => {
    await put('default', 'routes', '1', { uri: '/a' })
    await put('default', 'discovery', 'dns', { servers: ['127.0.0.1:53'] })
    await put('other', 'routes', '2', { uri: '/b' })
    const { clusterId } = await store.identity()
    const revision = await store.revision()
    expect(await configStoreSource(store, 'default').load()).toEqual({
      identity: `etcd:${clusterId}`,
      revision,
      resources: [{ kind: 'routes', id: '1', value: { uri: '/a' } }],
      instance: [{ kind: 'discovery', id: 'dns', value: { servers: ['127.0.0.1:53'] } }],
      // The last of three writes was another group's.
      modified: {
        resources: new Map([['routes/1', revision - 2]]),
        instance: new Map([['discovery/dns', revision - 1]]),
      },
    })
  })

  it('tells changes, and the whole state after a compaction, without ever ending by itself', async () => {
    const source = configStoreSource(store, 'default')
    const from = await source.load()
    for (const uri of ['/a', '/b', '/c']) await put('default', 'routes', '1', { uri })
    await store.compact({ revision: await store.revision() })

    const ending = new AbortController()
    const updates = source.watch?.({ from, signal: ending.signal })[Symbol.asyncIterator]()
    const next = async (): Promise<SourceUpdate> => {
      let update: SourceUpdate | undefined
      do update = (await updates?.next())?.value
      while (update?.type === 'progress')
      if (!update) throw new Error('the watch has ended')
      return update
    }
    expect(await next()).toMatchObject({ type: 'state', state: { resources: [{ id: '1', value: { uri: '/c' } }] } })
    await put('default', 'routes', '2', { uri: '/d' })
    expect(await next()).toMatchObject({ type: 'change', resources: { upserted: [{ id: '2', value: { uri: '/d' } }] } })
    await store.transaction({
      operations: [{ type: 'delete', key: groupKey('default', { kind: 'routes', id: '2' }) }],
    })
    expect(await next()).toMatchObject({ type: 'change', resources: { removed: [{ kind: 'routes', id: '2' }] } })
    ending.abort(new Error('enough'))
    await expect(updates?.next()).rejects.toThrow('enough')
  })

  it('rejects when the store does not answer, although its watch waits', async () => {
    let isSilent = false
    const silent: ConfigStore = {
      ...store,
      revision: async () => {
        if (isSilent) throw new StoreError('unavailable', 'no answer')
        return store.revision()
      },
    }
    const source = configStoreSource(silent, 'default', { pulseMs: 5 })
    const updates = source.watch?.({ from: await source.load() })[Symbol.asyncIterator]()
    const change = updates?.next()
    await put('default', 'routes', '1', { uri: '/a' })
    expect((await change)?.value).toMatchObject({ type: 'change' })
    const next = updates?.next()
    isSilent = true
    await expect(next).rejects.toThrow('no answer')
  })

  it('begins with the whole state after a watch that failed: meanwhile the store may have become another', async () => {
    let isReplaced = true
    const replaced: ConfigStore = {
      ...store,
      watch: (options) => {
        if (isReplaced) throw new StoreError('replaced', 'another store than before')
        return store.watch(options)
      },
    }
    const source = configStoreSource(replaced, 'default')
    const from = await source.load()
    const next = async () => (await source.watch?.({ from })[Symbol.asyncIterator]().next())?.value
    await expect(next()).rejects.toThrow('another store')
    isReplaced = false
    await put('default', 'routes', '1', { uri: '/a' })
    expect(await next()).toMatchObject({ type: 'state', state: { resources: [{ id: '1' }] } })
    // From there it is followed as ever.
    await put('default', 'routes', '2', { uri: '/b' })
    expect(await next()).toMatchObject({ type: 'change' })
  })

  it('begins with the whole state when the caller knows another lineage', async () => {
    const source = configStoreSource(store, 'default')
    const ending = new AbortController()
    const updates = source.watch?.({ from: { identity: 'etcd:1', revision: 900 }, signal: ending.signal })
    const first = await updates?.[Symbol.asyncIterator]().next()
    expect(first?.value).toMatchObject({ type: 'state' })
    ending.abort()
  })

  it('never quotes a stored value that is not JSON', async () => {
    await store.transaction({
      operations: [{ type: 'put', key: groupKey('default', { kind: 'routes', id: '1' }), value: 'top-secret' }],
    })
    const failure: unknown = await configStoreSource(store, 'default')
      .load()
      .catch((error: unknown) => error)
    expect(String(failure)).toContain('not JSON')
    expect(String(failure)).not.toContain('secret')
  })
})
