import { createDataPlane, type DataPlane } from '@outlast/dataplane'
import { silentLogger, systemClock } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import { expect, it, onTestFinished } from 'vitest'

import { createEtcdApi } from '../../src/control-plane/etcd-api/create-etcd-api.ts'
import { fullReadPace, type FullReadPace } from '../../src/control-plane/etcd-api/full-read-pace.ts'
import { put, scratchStore } from './scratch-store.ts'

it('serves every data plane in the end when more come at once than it takes', async () => {
  const store = await scratchStore()
  await put(store, '/gateway_groups/default/routes/1', '{"uri":"/ip"}')
  // So slow that three are served and two wait, and the others have to come again.
  const inner = fullReadPace({ clock: systemClock, readsPerSecond: 25, longestWaitMs: 80 })
  let refused = 0
  const pace: FullReadPace = (group, signal) =>
    inner(group, signal).catch((error: unknown) => {
      refused += 1
      throw error
    })
  const app = createEtcdApi({ store, tokens: [{ group: 'default', token: 'token' }], logger: silentLogger, pace })
  onTestFinished(() => app.close())
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })

  const follow = async (): Promise<DataPlane> => {
    const live = etcdSource({ endpoints: [endpoint], prefix: '/gateway_groups/default', token: 'token' })
    const dataPlane = createDataPlane({
      live,
      stores: [],
      sink: { validate: () => undefined, apply: async () => {} },
      returnJitterMs: 0,
      pollIntervalMs: 1_000,
    })
    onTestFinished(() => dataPlane.stop())
    await dataPlane.start()
    return dataPlane
  }
  const dataPlanes = await Promise.all(Array.from({ length: 40 }, follow))

  expect(refused).toBeGreaterThan(0)
  for (const dataPlane of dataPlanes) {
    await expect.poll(() => dataPlane.status().mode).toBe('live')
    expect(dataPlane.status().sources.live?.lastError?.message ?? 'too many requests').toContain('too many requests')
  }
})
