import { silentLogger, type SourceUpdate } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEtcdApi } from '../../src/control-plane/etcd-api/create-etcd-api.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { put, remove, scratchStore } from './scratch-store.ts'

async function sourceOn(store: ConfigStore, token = 'token'): Promise<ReturnType<typeof etcdSource>> {
  const app = createEtcdApi({ store, tokens: [{ group: 'default', token: 'token' }], logger: silentLogger })
  onTestFinished(() => app.close())
  return etcdSource({
    endpoints: [await app.listen({ host: '127.0.0.1', port: 0 })],
    prefix: '/gateway_groups/default',
    token,
    heartbeatMs: 50,
  })
}

describe('etcdSource on the etcd API', () => {
  it('loads everything of its group, page by page, and nothing of another', async () => {
    const store = await scratchStore()
    for (let n = 0; n < 12; n += 1) {
      await store.transaction({
        operations: Array.from({ length: 100 }, (_, m) => ({
          type: 'put',
          key: `/gateway_groups/default/routes/${n * 100 + m}`,
          value: JSON.stringify({ uri: `/${n * 100 + m}`, name: 'Öffnung' }),
        })),
      })
    }
    await put(store, '/gateway_groups/default-2/routes/x')
    const source = await sourceOn(store)
    const state = await source.load()
    expect(state.identity).toBe(`etcd:${(await store.identity()).clusterId}`)
    expect(state.revision).toBe(await store.revision())
    expect(state.resources).toHaveLength(1200)
    expect(state.resources.find((entry) => entry.id === '777')).toEqual({
      kind: 'routes',
      id: '777',
      value: { uri: '/777', name: 'Öffnung' },
    })
  })

  it('follows changes, and reloads when history was compacted', async () => {
    const store = await scratchStore()
    const key = '/gateway_groups/default/routes/1'
    await put(store, key)
    const source = await sourceOn(store)
    const state = await source.load()
    const firstUpdate = async (): Promise<SourceUpdate | undefined> => {
      for await (const update of source.watch?.({ from: state }) ?? []) {
        if (update.type !== 'progress') {
          return update
        }
      }
      return undefined
    }

    const live = firstUpdate()
    const changed = await put(store, key, '{"uri":"/new"}')
    expect(await live).toMatchObject({
      type: 'change',
      revision: changed,
      resources: { upserted: [{ kind: 'routes', id: '1', value: { uri: '/new' } }], removed: [] },
    })

    const removed = await remove(store, key)
    await put(store, '/gateway_groups/default/routes/2')
    await store.compact({ revision: removed })
    expect(await firstUpdate()).toMatchObject({
      type: 'state',
      state: { revision: removed + 1, resources: [{ id: '2' }] },
    })
  })

  it('is told when its token is refused', async () => {
    const source = await sourceOn(await scratchStore(), 'wrong')
    await expect(source.load()).rejects.toMatchObject({ code: 'denied' })
  })
})
