import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { snapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import { runOutlast } from '../../snapshot/run-outlast.ts'
import { createOutageStage, expectNothingLost, type OutageStage } from './outage-stage.ts'
import { storedConfiguration } from './stored-configuration.ts'

let stage: OutageStage
beforeEach(async () => {
  stage = await createOutageStage()
})
afterEach(async () => stage.remove())

it('loss of the host of the control plane, with its disk, loses no request: new data planes start from the backup, and a rebuilt control plane takes over', async () => {
  const seat = await stage.seat('cp')
  await seat.start()
  await stage.putRoutes(seat)
  const node = await stage.startDataPlane('dp', { endpoints: [seat.dataPlaneUrl] })
  await stage.expectFollowing(seat, [node])
  const before = await storedConfiguration(seat.dataPlaneUrl)
  const newest = async () => {
    const storage = fsStorage({ path: stage.backup })
    const { resources } = snapshotStore({ group: 'default', instance: storage, resources: storage })
    return (await resources.latest())?.manifest.position
  }
  await stage.untilExported(seat)

  const lost = await newest()
  const load = stage.load(node)
  await seat.process().end('SIGKILL')
  await rm(seat.data, { recursive: true })
  await eventually('the data plane goes without it', async () => (await node.detail()).mode !== 'live')
  const fresh = await stage.startDataPlane('fresh', { endpoints: [seat.dataPlaneUrl] })
  expect(await fresh.detail()).toMatchObject({ mode: 'standalone' })
  const loadOfFresh = stage.load(fresh)

  const restore = ['snapshot', 'restore', 'latest', '--domain', 'all', '--to', pathToFileURL(seat.data).href]
  const restored = await runOutlast([...restore, '--store', pathToFileURL(stage.backup).href])
  expect(restored).toMatchObject({ exitCode: 0 })
  await seat.start()
  expect((await storedConfiguration(seat.dataPlaneUrl)).resources).toEqual(before.resources)
  // Another identity is believed while its configuration is the same: nothing is to change before it was believed.
  for (const each of [node, fresh]) await eventually('it is live', async () => (await each.detail()).mode === 'live')
  await eventually('the rebuilt one exports', async () => ((await newest())?.epoch ?? 0) > (lost?.epoch ?? Infinity))
  await stage.expectFollowing(seat, [node, fresh])
  await eventually('the rebuilt one exports, above all that was there', async () => {
    const { epoch = 0, revision = 0 } = (await newest()) ?? {}
    return epoch > (lost?.epoch ?? Infinity) && revision === (await node.detail()).position?.revision
  })
  await expectNothingLost(load)
  await expectNothingLost(loadOfFresh)
})
