import { memoryStorage } from '@outlast/storage'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { highestRecentCount, recentCountsAfter, type RecentCount } from '../../src/format/recent-counts.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { published, routes } from '../publish.ts'

const hourMs = 3_600_000

describe('the counts of the last 24 hours', () => {
  let clock: ReturnType<typeof manualClock>
  let store: DomainStore
  let revision = 0
  const shrinkTo = async (count: number, rest: object = {}) => published(store, routes(count), ++revision, rest)

  beforeEach(() => {
    clock = manualClock()
    const storage = memoryStorage()
    store = snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
  })

  it('are left out while nothing shrinks, and tell the highest since it did', async () => {
    expect((await shrinkTo(10)).recentCounts).toBeUndefined()
    expect((await shrinkTo(12)).recentCounts).toBeUndefined()
    const hour = Math.floor(clock.now() / hourMs)
    expect((await shrinkTo(8)).recentCounts).toEqual([{ hour, entries: 12 }])
    clock.advance(3 * hourMs)
    const smaller = await shrinkTo(5)
    expect(smaller.recentCounts).toEqual([
      { hour, entries: 12 },
      { hour: hour + 3, entries: 8 },
    ])
    expect(highestRecentCount(smaller, clock.now())).toBe(12)
    clock.advance(22 * hourMs)
    expect(highestRecentCount(smaller, clock.now())).toBe(8)
    expect((await shrinkTo(9)).recentCounts).toBeUndefined()
  })

  it('begin anew with what an operator decides, and with what follows a resume', async () => {
    await shrinkTo(12)
    await shrinkTo(8)
    const by = { actor: 'ada', reason: 'meant' }
    const accepted = { ...by, action: 'accept', at: new Date(clock.now()).toISOString() } as const
    const small = await shrinkTo(2, { approvals: [accepted] })
    expect(small.recentCounts).toBeUndefined()
    expect(highestRecentCount(small, clock.now())).toBe(2)
    await store.operator.publish(routes(20), by)
    await store.operator.resume(by)
    revision += 1
    const epoch = Math.floor(clock.now() / 1000) + 9
    const followed = await shrinkTo(3, { position: { epoch, revision } })
    expect(followed.recentCounts).toBeUndefined()
  })

  it('say the same about the highest count as if every count was kept', () => {
    const step = fc.record({ entries: fc.nat(50), minutes: fc.nat(600), behindMinutes: fc.nat(30) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        let manifest: { counts: Record<string, number>; recentCounts?: readonly RecentCount[] | undefined } | undefined
        const ended: { readonly until: number; readonly entries: number }[] = []
        let now = 1_800_000_000_000
        for (const { entries, minutes } of steps) {
          now += minutes * 60_000
          if (manifest !== undefined) ended.push({ until: now, entries: manifest.counts['routes'] ?? 0 })
          manifest = { counts: { routes: entries }, recentCounts: recentCountsAfter(manifest, { entries, now }) }
          expect(manifest.recentCounts?.length ?? 0).toBeLessThanOrEqual(25)
          const firstHour = Math.floor(now / hourMs) - 24
          const within = ended.filter(({ until }) => Math.floor(until / hourMs) >= firstHour)
          expect(highestRecentCount(manifest, now)).toBe(Math.max(entries, ...within.map((count) => count.entries)))
        }
      }),
    )
  })

  it('are bounded by what hours a clock can tell, when another one was wrong', () => {
    const now = 500_000 * hourMs
    const recentCounts = [
      { hour: 400_000, entries: 90 },
      { hour: 900_000, entries: 70 },
    ]
    const base = { counts: { routes: 5 }, recentCounts }
    expect(highestRecentCount(base, now)).toBe(70)
    expect(recentCountsAfter(base, { entries: 1, now })).toEqual([{ hour: 500_000, entries: 70 }])
  })
})
