import '@outlast/virtual-time/at-once'
import type { ReplicationReport } from '@outlast/snapshot'
import { HandClock } from '@outlast/virtual-time'
import { beforeEach, describe, expect, it } from 'vitest'
import { lagRecord, type LagRecord } from '../src/background/replica-lag.ts'

const report = (status: ReplicationReport['status'], sequence: number, since?: number): ReplicationReport => ({
  status,
  copied: { snapshots: 0, parts: 0, bytes: 0 },
  newest: sequence === 0 ? undefined : { sequence, position: { epoch: 1, revision: sequence } },
  lag: { snapshots: 0, since },
  problems: [],
})

describe('the lag of a replica', () => {
  let clock: HandClock
  let lag: LagRecord
  beforeEach(() => {
    clock = new HandClock()
    lag = lagRecord(clock)
  })

  it('is not known before both stores were seen, but counts from the first snapshot that is not known to be there', async () => {
    expect(lag.read()).toEqual({ sequences: undefined, ms: 0 })
    expect(lag.published(7)).toBe(true)
    await clock.turn(5_000)
    expect(lag.published(8)).toBe(true)
    expect(lag.read()).toEqual({ sequences: undefined, ms: 5_000 })
  })

  it('is none when everything was copied, and grows from the first publication after that', async () => {
    lag.published(7)
    lag.began()
    lag.ended(report('current', 7))
    await clock.turn(60_000)
    expect(lag.read()).toEqual({ sequences: 0, ms: 0 })
    lag.published(8)
    await clock.turn(1_000)
    lag.published(9)
    await clock.turn(1_000)
    expect(lag.read()).toEqual({ sequences: 2, ms: 2_000 })
  })

  it('counts from what was published during the copy, when that was not in it', async () => {
    lag.published(7)
    await clock.turn(10_000)
    lag.began()
    await clock.turn(1_000)
    lag.published(8)
    await clock.turn(1_000)
    lag.ended(report('current', 7))
    await clock.turn(1_000)
    expect(lag.read()).toEqual({ sequences: 1, ms: 2_000 })
    // The same, once more: what was published before this copy is in it.
    lag.began()
    lag.published(9)
    await clock.turn(500)
    lag.ended(report('current', 8))
    expect(lag.read()).toEqual({ sequences: 1, ms: 500 })
  })

  it('is none when the copy brought more than was known', () => {
    lag.published(7)
    lag.began()
    lag.ended(report('current', 9))
    expect(lag.read()).toEqual({ sequences: 0, ms: 0 })
    expect(lag.published(9)).toBe(false)
  })

  it('goes on while a copy brings less than everything, and knows older snapshots that are lacking', async () => {
    lag.published(7)
    await clock.turn(3_000)
    lag.began()
    lag.ended(report('behind', 5, clock.now() - 60_000))
    expect(lag.read()).toEqual({ sequences: 2, ms: 60_000 })
  })

  it('forgets the numbers of a store that was wiped, once the replica has what there is', async () => {
    lag.published(50)
    lag.began()
    lag.ended(report('current', 50))
    // Both were emptied, and begun again.
    lag.began()
    lag.ended(report('current', 2))
    await clock.turn(1_000)
    expect(lag.read()).toEqual({ sequences: 0, ms: 0 })
    expect(lag.published(3)).toBe(true)
    await clock.turn(1_000)
    expect(lag.read()).toEqual({ sequences: 1, ms: 1_000 })
  })

  it('hears nothing new in what it has heard before', () => {
    lag.published(7)
    expect(lag.published(7)).toBe(false)
    expect(lag.published(6)).toBe(false)
  })
})
