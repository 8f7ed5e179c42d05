import '@outlast/virtual-time/at-once'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { circumstances } from './circumstances.ts'
import { expectedRunning } from './expected.ts'
import { OutageWorld } from './outage-world.ts'
import { expectOutcome, expectRecovery } from './recovery.ts'

// Whose control plane comes back first, and whose store, makes no difference that a start has not shown: see starts.test.ts.
describe.each([
  ['follows its control plane', 'live', 'the store'],
  ['runs a snapshot', 'a snapshot', 'the control plane'],
] as const)('a node that %s stays there, or goes on from there,', (_name, ran, first) => {
  let world: OutageWorld
  beforeEach(async () => {
    world = new OutageWorld()
    await world.prepare(ran === 'live' ? 'running' : 'restarted')
    if (ran === 'a snapshot') {
      world.stage.controlPlane.become('down')
      await world.stage.start()
    }
  })
  afterEach(async () => {
    await world.stage.close()
  })

  it.each(circumstances)('%s', async (_cell, outage, damage) => {
    const before = expectedRunning(outage, ran)
    await world.begin(outage, damage)
    await world.stage.clock.turn(30_000)
    expectOutcome(world.stage, before)
    await expectRecovery(world, { outage, before, first })
  })
})
