import { chaosProxy, type ChaosFault, type ChaosProxy } from '@outlast/storage-testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import type { StartedNode } from '../start-node.ts'
import type { ControlPlaneSeat } from './control-plane-seat.ts'
import { createOutageStage, expectNothingLost, type OutageStage } from './outage-stage.ts'

/** Slow, but followed. */
const slow: readonly ChaosFault[] = [{ delayMs: 300 }, { bytesPerSecond: 2_000 }]
/** Nothing of use arrives. */
const broken: readonly ChaosFault[] = ['cut', 'refuse', { resetAfterBytes: 400 }, 'black-hole']

let stage: OutageStage
let seat: ControlPlaneSeat
let network: ChaosProxy
let node: StartedNode

beforeEach(async () => {
  stage = await createOutageStage()
  seat = await stage.seat('cp')
  await seat.start()
  await stage.putRoutes(seat)
  const { hostname: host, port } = new URL(seat.dataPlaneUrl)
  network = await chaosProxy({ upstream: { host, port: Number(port) } })
  node = await stage.startDataPlane('dp', { endpoints: [`http://${network.host}:${network.port}`] })
})
afterEach(async () => {
  await network.stop()
  await stage.remove()
})

it('poor network between data plane and control plane loses no request, and the data plane follows as far as it can', async () => {
  const load = stage.load(node)
  await stage.expectFollowing(seat, [node])
  for (const fault of slow) {
    await network.set(fault)
    await stage.expectFollowing(seat, [node])
    expect({ fault, failed: load.counts().failed }).toEqual({ fault, failed: 0 })
  }
  for (const fault of broken) {
    await network.set(fault)
    await stage.change(seat)
    await eventually(`it goes without its control plane: ${JSON.stringify(fault)}`, async () => {
      return (await node.detail()).mode !== 'live'
    })
    await network.set('pass')
    await stage.expectFollowing(seat, [node])
    await eventually('it is live', async () => (await node.detail()).mode === 'live')
    expect({ fault, failed: load.counts().failed }).toEqual({ fault, failed: 0 })
  }
  await expectNothingLost(load)
})
