import '@outlast/virtual-time/at-once'
import { describe, expect, it } from 'vitest'
import { describeOutage, noOutage, outages, type Outage } from './cells.ts'
import { OutageWalk } from './outage-walk.ts'
import { shuffled } from './shuffled.ts'

describe('one running node goes through every outage', () => {
  const walks: readonly (readonly [name: string, all: readonly Outage[]])[] = [
    ['in order', outages],
    ...[1, 2, 3].map((seed) => [`in random order ${seed}`, shuffled(outages, seed)] as const),
  ]

  it.each(walks)('%s, never without a configuration and never backwards', async (_name, all) => {
    const walk = new OutageWalk()
    await walk.start()
    for (const [index, outage] of all.entries()) {
      // Nothing else: what this node has read already does not rot, and goes with what is good of the rest.
      const damage = index % 2 === 0 ? 'lost parts' : 'everything cut off'
      const { serves, mode } = await walk.through(outage, damage)
      const name = `${index}: ${describeOutage(outage)} (${damage})`
      expect({ name, ...walk.now() }).toEqual({ name, serves, mode, ready: true, violations: [] })
    }
    await walk.through(noOutage, 'rotten parts')
    await walk.stage.restartAlone()
    expect(walk.now()).toMatchObject({ serves: 'change 197', mode: 'standalone', ready: true })
    await walk.stage.close()
  })
})
