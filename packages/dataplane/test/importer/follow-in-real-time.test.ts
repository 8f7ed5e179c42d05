import { memorySource, snapshotStore } from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { until } from '@outlast/virtual-time'
import { expect, it } from 'vitest'
import { createDataPlane } from '../../src/importer/index.ts'
import { publish, RecordingSink, route } from './world.ts'

it('follows, outlasts, restarts from its snapshot and returns, with real timers', async () => {
  const bucket = memoryStorage()
  const open = (): ReturnType<typeof snapshotStore> =>
    snapshotStore({ group: 'default', resources: bucket, instance: bucket })
  const published = open()
  const live = memorySource({ identity: 'cp', name: 'control plane', revision: 1, resources: [route('a')] })
  const local = memoryStorage()
  const options = { live, local, bootTimeoutMs: 300, pollIntervalMs: 50 }

  const first = new RecordingSink()
  const node = createDataPlane({ ...options, stores: [open()], sink: first })
  await node.start()
  expect(node.status().mode).toBe('live')
  live.fail(new Error('killed'))
  await until(() => node.status().mode === 'holding', 'holding')
  await publish(published, { routes: [route('a', 2)], revision: 2 })
  await until(() => node.status().mode === 'standalone', 'standalone')
  expect(first.content).toEqual(['routes/a=2'])
  await node.stop()

  const second = new RecordingSink()
  const fresh = createDataPlane({ ...options, stores: [open()], local: memoryStorage(), sink: second })
  await fresh.start()
  expect(fresh.status()).toMatchObject({ mode: 'standalone', ready: true })
  expect(second.content).toEqual(['routes/a=2'])
  live.replace({ revision: 3, resources: [route('a', 3)] })
  live.fail(undefined)
  await until(() => fresh.status().mode === 'live', 'live')
  expect(second.content).toEqual(['routes/a=3'])
  await fresh.stop()
})
