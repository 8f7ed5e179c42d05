import '@outlast/virtual-time/at-once'
import { expect, it } from 'vitest'
import { exporterRig, keyring, route } from './exporter-rig.ts'

it('writes the head of each domain once a second at most, however often unchanged content is exported', async () => {
  const rig = exporterRig({ schedule: { everyMs: 100 } })
  rig.source.put('instance', keyring('k'))
  rig.source.put('resources', route('a'))
  await rig.exporter.start()
  rig.calls.length = 0
  const begunAt = rig.clock.now()
  let exports = 0
  while (rig.clock.now() < begunAt + 10_000) {
    // Another revision with the same content.
    rig.source.put('resources', route('a'))
    rig.exporter.trigger()
    await rig.exporter.exportOnce()
    exports++
    await rig.clock.turn(50)
  }
  await rig.exporter.stop()

  const writes = rig.calls.filter(({ operation }) => operation === 'put')
  expect(exports).toBe(200)
  for (const domain of ['instance', 'resources'] as const) {
    const count = writes.filter((call) => call.domain === domain).length
    expect(count).toBeGreaterThanOrEqual(9)
    expect(count).toBeLessThanOrEqual(11)
  }
  expect(writes.every(({ key }) => key.endsWith('/head.json'))).toBe(true)
  expect((await rig.store.resources.latest())?.matchedRevision).toBeGreaterThan(190)
})
