import '@outlast/virtual-time/at-once'
import { getEventListeners } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { HandClock } from '@outlast/virtual-time'
import { array, assert, asyncProperty, nat } from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'

describe('a clock that is turned by hand', () => {
  let clock: HandClock
  let begin: number
  beforeEach(() => {
    clock = new HandClock()
    begin = clock.now()
  })
  /** Sleeps again and again. */
  const repeat = async (everyMs: number, work: () => unknown, signal?: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(everyMs, { signal })
      await work()
    }
  }

  it('stands still', async () => {
    await nextTurn()
    expect(clock.now()).toBe(begin)
    expect(new HandClock(5).now()).toBe(5)
  })

  it('wakes everybody in order, at exactly their times, and those who sleep again as well', async () => {
    await assert(
      asyncProperty(array(nat(1_000), { maxLength: 20 }), nat(1_000), async (sleeps, turned) => {
        const own = new HandClock(0)
        const woken: number[] = []
        for (const ms of sleeps) {
          const first = own.sleep(ms).then(async () => {
            woken.push(own.now())
            await nextTurn()
            await own.sleep(ms)
            woken.push(own.now())
          })
          void first
        }
        await own.turn(turned)
        const due = sleeps.flatMap((ms) => [ms, 2 * ms]).filter((at) => at <= turned)
        expect(woken).toEqual(due.toSorted((left, right) => left - right))
        expect(own.now()).toBe(turned)
        expect(own.sleeping).toBe(sleeps.filter((ms) => 2 * ms > turned).length)
      }),
    )
  })

  it('lets all work end before the next one wakes', async () => {
    const log: string[] = []
    void clock.sleep(1).then(async () => {
      for (let taken = 0; taken < 100; taken++) await nextTurn()
      log.push(`work of ${clock.now() - begin}`)
    })
    void clock.sleep(2).then(() => log.push('next'))
    await clock.turn(2)
    expect(log).toEqual(['work of 1', 'next'])
  })

  it('lets a sleeper go whose signal aborts, with the reason, and leaves nothing behind', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const sleep = clock.sleep(10, { signal })
    const other = clock.sleep(5, { signal })
    await clock.turn(5)
    await other
    expect(clock.sleeping).toBe(1)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    controller.abort(new Error('enough'))
    await expect(sleep).rejects.toThrow('enough')
    expect(clock.sleeping).toBe(0)
    await expect(clock.sleep(1, { signal })).rejects.toThrow('enough')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('can be set, which wakes nobody, also into the past', async () => {
    let wakes = 0
    void clock.sleep(10).then(() => (wakes += 1))
    clock.set(0)
    await clock.turn(9)
    expect([clock.now(), wakes]).toEqual([9, 0])
    clock.set(begin + 1_000)
    expect(wakes).toBe(0)
    await clock.turn(0)
    expect([clock.now(), wakes]).toEqual([begin + 1_000, 1])
  })

  it('is turned until an assertion holds, and no further', async () => {
    let rounds = 0
    void repeat(100, () => (rounds += 1))
    await clock.turnUntil(() => expect(rounds).toBe(3))
    expect(clock.now() - begin).toBe(300)
    await clock.turnUntil(async () => expect(rounds).toBe(5), { stepMs: 1 })
    expect(clock.now() - begin).toBe(500)
    await expect(clock.turnUntil(() => expect(rounds).toBe(0), { withinMs: 1_000 })).rejects.toThrow(
      'expected 15 to be +0',
    )
  })

  it('is turned until work has ended, well or not', async () => {
    const work = async (): Promise<void> => {
      await clock.sleep(20)
      await nextTurn()
      await clock.sleep(3_000)
    }
    await clock.turnUntilSettled(work())
    expect(clock.now() - begin).toBe(3_020)
    const failing = clock.sleep(1).then(() => Promise.reject(new Error('planned')))
    await clock.turnUntilSettled(failing)
    await expect(failing).rejects.toThrow('planned')
  })

  it('is not turned for ever by work that does not end', async () => {
    const endless = new Promise(() => {})
    await expect(clock.turnUntilSettled(endless)).rejects.toThrow('nobody sleeps')
    void repeat(60_000, () => {})
    await expect(clock.turnUntilSettled(endless)).rejects.toThrow('within 3600000 ms')
  })
})
