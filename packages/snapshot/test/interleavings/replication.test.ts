import type * as Crypto from 'node:crypto'
import type * as Timers from 'node:timers/promises'
import type * as Zlib from 'node:zlib'
import { expect, it, vi } from 'vitest'
import { drawBytesFrom } from './inline-builtins.ts'
import { seededRandom } from './random.ts'
import { simulateReplication } from './replication-simulation.ts'
import { firstBucket } from './simulation.ts'

vi.mock('node:zlib', async (original) =>
  (await import('./inline-builtins.ts')).inlineZlib(await original<typeof Zlib>()),
)
vi.mock('node:timers/promises', async (original) =>
  (await import('./inline-builtins.ts')).inlineTimers(await original<typeof Timers>()),
)
vi.mock('node:crypto', async (original) =>
  (await import('./inline-builtins.ts')).repeatableCrypto(await original<typeof Crypto>()),
)

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
