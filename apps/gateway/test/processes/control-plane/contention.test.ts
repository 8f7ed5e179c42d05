import { availableParallelism, setPriority } from 'node:os'
import { startServerProcess, type ServerProcess } from '@outlast/test-servers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import type { StartedNode } from '../start-node.ts'
import type { ControlPlaneSeat } from './control-plane-seat.ts'
import { createOutageStage, expectNothingLost, type OutageStage } from './outage-stage.ts'

let stage: OutageStage
let seat: ControlPlaneSeat
let node: StartedNode
const busy: ServerProcess[] = []

beforeEach(async () => {
  stage = await createOutageStage()
  seat = await stage.seat('cp')
  await seat.start()
  await stage.putRoutes(seat)
  node = await stage.startDataPlane('dp', { endpoints: [seat.dataPlaneUrl] })
})
afterEach(async () => {
  await Promise.all(busy.splice(0).map(async (process) => process.end('SIGKILL')))
  await stage.remove()
})

it('contention on the host of the control plane, until it does nothing at all, loses no request, and the data plane follows again', async () => {
  const load = stage.load(node)
  seat.process().signal('SIGSTOP')
  await eventually('the data plane goes without it', async () => (await node.detail()).mode !== 'live')
  expect(await node.detail()).toMatchObject({ ready: true })
  const fresh = await stage.startDataPlane('fresh', { endpoints: [seat.dataPlaneUrl] })
  expect(await fresh.detail()).toMatchObject({ mode: 'standalone' })
  seat.process().signal('SIGCONT')
  await stage.expectFollowing(seat, [node, fresh])
  await eventually('it is live', async () => (await node.detail()).mode === 'live')
  await expectNothingLost(load)
})

it('contention for the processors, of which the control plane gets next to nothing, loses no request, and it is followed', async () => {
  const load = stage.load(node)
  setPriority(seat.process().pid, 19)
  for (let hogs = 0; hogs < 2 * availableParallelism(); hogs++) {
    busy.push(await startServerProcess(process.execPath, ['-e', 'for (;;);']))
  }
  for (let times = 0; times < 3; times++) await stage.expectFollowing(seat, [node])
  await Promise.all(busy.splice(0).map(async (hog) => hog.end('SIGKILL')))
  await stage.expectFollowing(seat, [node])
  await expectNothingLost(load)
})
