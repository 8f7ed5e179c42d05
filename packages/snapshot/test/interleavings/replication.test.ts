import '@outlast/virtual-time/at-once'
import { drawBytesFrom } from './repeatable-crypto.ts'
import { expect, it } from 'vitest'
import { seededRandom } from './random.ts'
import { simulateReplication } from './replication-simulation.ts'
import { firstBucket } from './simulation.ts'

const schedules = Number(process.env['INTERLEAVINGS'] ?? 300)
const firstSeed = Number(process.env['INTERLEAVINGS_SEED'] ?? 1)

it(
  `a replica beside publishers and pruners is whole at every moment, in ${schedules} schedules from seed ${firstSeed}`,
  async () => {
    const initial = await firstBucket()
    let snapshots = 0
    for (let seed = firstSeed; seed < firstSeed + schedules; seed += 1) {
      drawBytesFrom(seededRandom(seed))
      const outcome = await simulateReplication(seed, initial)
      snapshots += outcome.snapshots
      const replay = outcome.schedule.join('\n')
      expect(outcome.violations, `INTERLEAVINGS_SEED=${seed} INTERLEAVINGS=1\n${replay}`).toEqual([])
    }
    // Not because nothing happens; a single schedule that is played again may have nothing to copy.
    expect(snapshots).toBeGreaterThanOrEqual(schedules < 100 ? 0 : schedules)
  },
  600_000 + schedules * 1000,
)
