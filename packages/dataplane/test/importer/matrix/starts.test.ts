import '@outlast/virtual-time/at-once'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { circumstances } from './circumstances.ts'
import { expectedStart } from './expected.ts'
import { OutageWorld } from './outage-world.ts'
import { expectOutcome, expectRecovery, orders } from './recovery.ts'

describe.each(['restarted', 'new'] as const)('a %s node starts as promised', (node) => {
  let world: OutageWorld
  beforeEach(async () => {
    world = new OutageWorld()
    await world.prepare(node)
  })
  afterEach(async () => {
    await world.stage.close()
  })

  describe.each(orders)('and recovers when %s is back first,', (first) => {
    it.each(circumstances)('%s', async (_name, outage, damage) => {
      const before = expectedStart({ ...outage, node })
      await world.begin(outage, damage)
      const startedAt = world.stage.clock.now()
      await world.stage.start()
      await world.stage.clock.turn(30_000)
      const [began] = world.stage.sink.applied
      expect(began && { serves: began.name, afterMs: began.at - startedAt }).toEqual(before.first)
      expectOutcome(world.stage, before)
      await expectRecovery(world, { outage, before, first })
    })
  })
})
