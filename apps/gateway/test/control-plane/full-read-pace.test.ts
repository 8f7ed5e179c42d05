import '@outlast/virtual-time/at-once'
import { HandClock } from '@outlast/virtual-time'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { fullReadPace, type FullReadPace } from '../../src/control-plane/etcd-api/full-read-pace.ts'

const never = new AbortController().signal

/** Asks for a turn, and writes down when it came, or what was said instead. */
function asker(clock: HandClock, pace: FullReadPace) {
  const startedAt = clock.now()
  const turns: number[] = []
  const refusals: unknown[] = []
  return {
    turns,
    refusals,
    ask: (signal = never, group = 'default') =>
      pace(group, signal).then(
        () => void turns.push(clock.now() - startedAt),
        (error: unknown) => void refusals.push(error),
      ),
  }
}

describe('the pace of full reads', () => {
  it('holds nobody up who comes alone', async () => {
    const clock = new HandClock()
    const { ask, turns } = asker(clock, fullReadPace({ clock }))
    await ask()
    await clock.turn(20)
    await ask()
    expect(turns).toEqual([0, 20])
    await clock.turn(20)
    expect(clock.sleeping).toBe(0)
  })

  it('lets fifty a second through of those who come together, for two seconds, and tells the others to come again', async () => {
    const clock = new HandClock()
    const { ask, turns, refusals } = asker(clock, fullReadPace({ clock }))
    const asked = Array.from({ length: 1000 }, () => ask())
    await clock.turn(2_000)
    await Promise.all(asked)
    expect(turns).toEqual(Array.from({ length: 101 }, (_, n) => n * 20))
    expect(refusals).toHaveLength(899)
    expect(refusals[0]).toMatchObject({ status: 429, code: 8, message: 'etcdserver: too many requests' })
    await clock.turn(20)
    expect(clock.sleeping).toBe(0)
  })

  it('gives the place of somebody who has left to the next one', async () => {
    const clock = new HandClock()
    const { ask, turns, refusals } = asker(clock, fullReadPace({ clock }))
    const leaving = new AbortController()
    const asked = [ask(), ask(leaving.signal), ask()]
    leaving.abort(new Error('left'))
    await Promise.all([...asked.slice(0, 2), ask(leaving.signal), clock.turn(2_000)])
    await Promise.all(asked)
    expect(turns).toEqual([0, 20])
    expect(refusals).toEqual([new Error('left'), new Error('left')])
    expect(clock.sleeping).toBe(0)
  })

  it('gives a group its share of a line that another one fills again and again', async () => {
    const clock = new HandClock()
    const pace = fullReadPace({ clock })
    const [hostile, honest] = [asker(clock, pace), asker(clock, pace)]
    const flood = () => Array.from({ length: 200 }, () => hostile.ask())
    const asked = flood()
    asked.push(...Array.from({ length: 60 }, () => honest.ask(never, 'edge')), ...flood())
    await clock.turn(2_000)
    await Promise.all(asked)
    // Both have half of it; who had come first for his group is not sent away for who comes later.
    expect([honest.turns.length, honest.refusals.length]).toEqual([50, 10])
    expect(hostile.turns).toEqual(Array.from({ length: 51 }, (_, n) => n * 20))
    expect(Math.max(...honest.turns)).toBe(2_000)
    await clock.turn(20)
    expect(clock.sleeping).toBe(0)
  })

  it('does not make up in a rush for what was late because the process was busy', async () => {
    const clock = new HandClock()
    const { ask, turns } = asker(clock, fullReadPace({ clock }))
    const asked = [ask(), ask(), ask()]
    await clock.turn(0)
    // As if nothing had run for ten seconds.
    clock.set(clock.now() + 10_000)
    await clock.turn(100)
    await Promise.all(asked)
    expect(turns).toEqual([0, 10_000, 10_020])
  })

  it('never lets more through in any second than it may, and never makes anybody wait longer than it may', async () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 20 }), async (gaps, readsPerSecond) => {
        const clock = new HandClock()
        const longestWaitMs = 500
        const pace = fullReadPace({ clock, readsPerSecond, longestWaitMs })
        const turns: number[] = []
        const waits: number[] = []
        const asked: Promise<void>[] = []
        for (const gap of gaps) {
          await clock.turn(gap)
          const at = clock.now()
          const turn = pace('default', never).then(
            () => {
              turns.push(clock.now())
              waits.push(clock.now() - at)
            },
            () => {},
          )
          asked.push(turn)
        }
        await clock.turn(longestWaitMs)
        await Promise.all(asked)
        expect(Math.max(...waits)).toBeLessThanOrEqual(longestWaitMs + 1)
        for (const start of turns) {
          const within = turns.filter((at) => at >= start && at < start + 999)
          expect(within.length).toBeLessThanOrEqual(readsPerSecond)
        }
      }),
      { numRuns: 30 },
    )
  })
})
