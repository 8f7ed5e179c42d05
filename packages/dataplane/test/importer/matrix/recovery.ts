import { expect } from 'vitest'
import type { Outage } from './cells.ts'
import { expectedWithControlPlane, expectedWithStore, following, type Outcome } from './expected.ts'
import type { OutageStage } from './outage-stage.ts'
import type { OutageWorld } from './outage-world.ts'

/** A store is read every ten seconds, give or take one; a call that it has swallowed ends ten seconds later. */
export const storeBackMs = 22_000
/** Retried after eleven seconds at most, and then the node awaits its turn, five seconds at most. */
export const controlPlaneBackMs = 17_000
/** A call that it has swallowed ends a minute later. */
export const blackHoleBackMs = 78_000

/** The node has come to this, and what was in effect on the way was never empty, older or a mixture. */
export function expectOutcome({ node, sink, log }: OutageStage, { serves, mode, held }: Outcome): void {
  const status = node.status()
  expect(sink.violations).toEqual([])
  expect({ serves: sink.serves, mode: status.mode, ready: status.ready }).toEqual({
    serves,
    mode,
    ready: serves !== undefined,
  })
  expect(status.held ?? 'nothing').toContain(held === undefined ? 'nothing' : reasons[held])
  // Outages are no mistakes.
  expect(log.filter(({ level }) => level === 'error')).toEqual([])
}

const reasons = {
  empty: 'empty configuration',
  older: 'was reached',
  'another identity': 'another identity',
} as const

export const orders = ['the store', 'the control plane'] as const

/** One after the other comes back, all of it in time. In the end the node's own disk is enough. */
export async function expectRecovery(
  world: OutageWorld,
  {
    outage,
    before,
    first,
  }: { readonly outage: Outage; readonly before: Outcome; readonly first: (typeof orders)[number] },
): Promise<void> {
  const { stage } = world
  const backMs = outage.controlPlane === 'black hole' ? blackHoleBackMs : controlPlaneBackMs
  if (first === 'the store') {
    await world.endForStore()
    await stage.clock.turn(storeBackMs)
    expectOutcome(stage, expectedWithStore(outage))
    world.endForControlPlane()
    await stage.clock.turn(backMs)
  } else {
    world.endForControlPlane()
    await stage.clock.turn(backMs)
    expectOutcome(stage, expectedWithControlPlane(before))
    await world.endForStore()
    await stage.clock.turn(storeBackMs)
  }
  expectOutcome(stage, following('recovered'))

  stage.mendDisk()
  await stage.clock.turn(15_000)
  await stage.restartAlone()
  expectOutcome(stage, { serves: 'recovered', mode: 'standalone', held: undefined })
}
