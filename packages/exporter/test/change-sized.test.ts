import '@outlast/virtual-time/at-once'
import type { Entry } from '@outlast/snapshot'
import { expect, it } from 'vitest'
import { exporterRig, route } from './exporter-rig.ts'

it('a watched exporter encodes only what has changed, also after another exporter has published', async () => {
  const { source, exporter, another, clock, store } = exporterRig()
  let encoded = 0
  const counting = (id: number): Entry => ({
    kind: 'routes',
    id: String(id),
    value: {
      get uri() {
        encoded += 1
        return `/${id}`
      },
    },
  })
  const encodedWhile = async (work: () => Promise<unknown>): Promise<number> => {
    encoded = 0
    await work()
    return encoded
  }
  const exported = async (): Promise<void> => {
    // The watch delivers, and an export may begin by itself; the second one comes after its end.
    await clock.turn(2_000)
    await exporter.exportOnce()
  }
  source.replace({ resources: Array.from({ length: 5_000 }, (_none, id) => counting(id)) })
  const whole = await encodedWhile(async () => exporter.start())
  expect(whole).toBeGreaterThanOrEqual(5_000)

  source.put('resources', route('7', '/changed'))
  expect(await encodedWhile(exported)).toBeLessThan(whole / 8)
  expect((await store.resources.latest())?.manifest.sequence).toBe(2)
  expect(await encodedWhile(exported)).toBe(0)

  source.put('resources', route('8', '/changed'))
  await another().exportOnce()
  source.put('resources', route('9', '/changed'))
  // More than before: it also looks into what the other one has changed.
  expect(await encodedWhile(exported)).toBeLessThan(whole / 4)
  const latest = await store.resources.latest()
  expect(latest?.manifest).toMatchObject({ sequence: 4, counts: { routes: 5_000 } })
  await exporter.stop()
})
