import { silentLogger } from '@outlast/snapshot'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createControlPlane } from '../../src/control-plane/create-control-plane.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { StoreError } from '../../src/control-plane/store/store-error.ts'
import { keys } from './admin-client.ts'
import { scratchStore } from './scratch-store.ts'

async function controlPlane(store: ConfigStore) {
  const plane = createControlPlane({
    store,
    adminKeys: keys,
    dataPlaneTokens: [],
    logger: silentLogger,
  })
  const [admin, api] = [plane.adminApp(), plane.etcdApp()]
  for (const app of [admin, api]) onTestFinished(() => app.close())
  const endpoint = await admin.listen({ host: '127.0.0.1', port: 0 })
  const get = async (path: string): Promise<readonly [number, unknown]> => {
    const response = await fetch(`${endpoint}${path}`)
    return [response.status, await response.json()]
  }
  return { api, get }
}

describe('a control plane', () => {
  it('is ready when its store answers and all its addresses are listened on', async () => {
    const { api, get } = await controlPlane(await scratchStore())
    expect(await get('/status/ready')).toEqual([503, { ready: false, store: 'ok', listeners: 'closed' }])
    await api.listen({ host: '127.0.0.1', port: 0 })
    expect(await get('/status/ready')).toEqual([200, { ready: true, store: 'ok', listeners: 'ok' }])
    await api.close()
    expect(await get('/status/ready')).toEqual([503, { ready: false, store: 'ok', listeners: 'closed' }])
  })

  it.each([
    ['fails', { range: async () => Promise.reject(new StoreError('unavailable', 'down')) }],
    ['never answers', { range: async () => new Promise<never>(() => {}) }],
    ['fails halfway', { identity: async () => Promise.reject(new StoreError('unavailable', 'down')) }],
    ['never ends its answer', { identity: async () => new Promise<never>(() => {}) }],
  ])('is up and not ready while its store %s', async (_what, broken: Partial<ConfigStore>) => {
    const store = await scratchStore()
    const { api, get } = await controlPlane({ ...store, ...broken })
    await api.listen({ host: '127.0.0.1', port: 0 })
    const [ready, status] = await Promise.all([get('/status/ready'), get('/status')])
    expect(ready).toEqual([503, { ready: false, store: 'unavailable', listeners: 'ok' }])
    expect(status).toEqual([200, { ok: false, exporters: {} }])
  })
})
