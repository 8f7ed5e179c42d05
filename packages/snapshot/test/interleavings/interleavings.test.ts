import '@outlast/virtual-time/at-once'
import { drawBytesFrom } from './repeatable-crypto.ts'
import { describe, expect, it } from 'vitest'
import { seededRandom } from './random.ts'
import { firstBucket, simulate, type Outcome, type Rules } from './simulation.ts'
import { forgetfulPruner, ignoresCreateOnly, reusesAnyPart } from './weakened-rules.ts'

const schedules = Number(process.env['INTERLEAVINGS'] ?? 1000)
const firstSeed = Number(process.env['INTERLEAVINGS_SEED'] ?? 1)
const initial = await firstBucket()

async function play(seed: number, rules?: Rules): Promise<Outcome> {
  drawBytesFrom(seededRandom(seed))
  return simulate(seed, initial, rules)
}

describe('random schedules', () => {
  it('of a seed are the same whenever they are played', async () => {
    for (const seed of [1, 2, 3]) expect((await play(seed)).schedule).toEqual((await play(seed)).schedule)
  })

  it(
    `${schedules} of them, from seed ${firstSeed}, break no promise`,
    async () => {
      const sum: Record<string, number> = {}
      const add = (name: string, count: number): void => {
        sum[name] = (sum[name] ?? 0) + count
      }
      for (let seed = firstSeed; seed < firstSeed + schedules; seed += 1) {
        const { violations, schedule, statistics } = await play(seed)
        for (const [name, count] of Object.entries(statistics)) add(name, count)
        add('steps', schedule.length)
        const replay = schedule.join('\n')
        expect(violations, `INTERLEAVINGS_SEED=${seed} INTERLEAVINGS=1\n${replay}`).toEqual([])
      }
      if (process.env['INTERLEAVINGS'] !== undefined) process.stdout.write(`${JSON.stringify(sum)}\n`)
    },
    600_000 + schedules * 1000,
  )
})

describe('a rule that is broken shows', () => {
  it.each<[string, Rules, RegExp]>([
    ['manifests are overwritten instead of created', { publisherStorage: ignoresCreateOnly }, /was won twice/],
    [
      'the source is loaded before the base',
      { publisher: { loadsFirst: true }, provoke: { stall: 'has', revertRate: 0.4 } },
      /is stale/,
    ],
    [
      'parts are taken over from outside the base',
      { publisherStorage: reusesAnyPart, provoke: { stall: 'put manifests', revertRate: 0.8 } },
      /has lost the part/,
    ],
    [
      'the publisher does not look for contradictions',
      { publisher: { overlooksContradictions: true } },
      /is of another lineage/,
    ],
    [
      'a followed state behind the base is used all the same',
      { publisher: { follows: true, followsBlindly: true }, provoke: { stall: 'hears' } },
      /refused|is of another lineage/,
    ],
    [
      'a followed state is used although the lineage has changed since',
      { publisher: { follows: true, followsAcrossEpochs: true }, provoke: { stall: 'hears', restores: true } },
      /an era that was over/,
    ],
    ['the pruner lists manifests before parts', { pruner: forgetfulPruner('manifests') }, /has lost the part/],
    // The order alone is not enough: a commit may also come after both lists.
    ['the pruner forgets the age of parts', { pruner: forgetfulPruner('parts') }, /has lost the part/],
  ])('%s', async (_name, rules, expected) => {
    let found: Outcome | undefined
    let seed = 0
    while (found === undefined && seed < 3000) {
      seed += 1
      const outcome = await play(seed, rules)
      // What comes first may also be a consequence.
      if (expected.test(outcome.violations.join('\n'))) found = outcome
    }
    expect(found?.violations.join('\n')).toMatch(expected)
    if (process.env['INTERLEAVINGS'] !== undefined) process.stdout.write(`seed ${seed}: ${found?.violations[0]}\n`)
  })
})
