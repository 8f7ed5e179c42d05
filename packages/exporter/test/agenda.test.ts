import { describe, expect, it } from 'vitest'
import { createAgenda } from '../src/schedule/agenda.ts'
import { parseSchedule } from '../src/schedule/schedule.ts'

const agendaAt = (firstAt: number, jitterMs = 0, random = () => 0.5) =>
  createAgenda({ schedule: parseSchedule({ everyMs: 60_000 }), debounceMs: 100, jitterMs, random, firstAt })

describe('the agenda', () => {
  it('is due at once, and then keeps the rhythm of the schedule', () => {
    const agenda = agendaAt(0)
    expect(agenda.dueAt(0)).toBe(0)
    agenda.begin(0)
    expect(agenda.dueAt(10)).toBe(60_000)
    agenda.begin(60_020)
    expect(agenda.dueAt(60_030)).toBe(120_000)
  })

  it('does not make up for runs that were missed', () => {
    const agenda = agendaAt(0)
    agenda.begin(0)
    agenda.begin(1_000_000)
    expect(agenda.dueAt(1_000_000)).toBe(1_060_000)
  })

  it('waits for a quiet time after a change, but not for ever', () => {
    const agenda = agendaAt(0)
    agenda.begin(0)
    expect(agenda.trigger(1_000)).toBe(true)
    expect(agenda.dueAt(1_000)).toBe(1_100)
    for (let now = 1_050; now < 3_000; now += 50) expect(agenda.trigger(now)).toBe(false)
    expect(agenda.dueAt(2_950)).toBe(2_000)
  })

  it('keeps what comes during an export for the next one', () => {
    const agenda = agendaAt(0)
    agenda.trigger(0)
    agenda.begin(0)
    expect(agenda.dueAt(0)).toBe(60_000)
    agenda.trigger(10)
    expect(agenda.dueAt(20)).toBe(110)
  })

  it('tries again earlier than the schedule says', () => {
    const agenda = agendaAt(0)
    agenda.begin(0)
    agenda.retry({ now: 0, afterMs: 1_000, atLeastMs: 500 })
    expect(agenda.dueAt(0)).toBe(1_000)
    agenda.begin(1_000)
    expect(agenda.dueAt(1_000)).toBe(60_000)
  })

  it('does not run during the pause after a failure, whatever asks for it', () => {
    const agenda = agendaAt(0)
    agenda.begin(0)
    agenda.retry({ now: 0, afterMs: 8_000, atLeastMs: 5_000 })
    agenda.trigger(10)
    expect(agenda.dueAt(10)).toBe(5_000)
    agenda.begin(5_000)
    agenda.retry({ now: 59_990, afterMs: 8_000, atLeastMs: 5_000 })
    expect(agenda.dueAt(59_995)).toBe(64_990)
    agenda.begin(64_990)
    agenda.trigger(65_000)
    expect(agenda.dueAt(65_000)).toBe(65_100)
  })

  it('forgets the pause when the clock is set back', () => {
    const agenda = agendaAt(1_000_000)
    agenda.begin(1_000_000)
    agenda.retry({ now: 1_000_000, afterMs: 8_000, atLeastMs: 5_000 })
    expect(agenda.dueAt(0)).toBe(60_000)
  })

  it('puts runs of the schedule off, but not the first one, no changes, and by no more than a tenth', () => {
    const agenda = agendaAt(0, 2_000)
    expect(agenda.dueAt(0)).toBe(0)
    agenda.begin(0)
    expect(agenda.dueAt(0)).toBe(61_000)
    agenda.trigger(100)
    expect(agenda.dueAt(100)).toBe(200)
    agenda.begin(200)
    // Still in the rhythm of the schedule, not in that of its delays.
    agenda.begin(61_000)
    expect(agenda.dueAt(61_000)).toBe(121_000)
    const late = agendaAt(0, Infinity, () => 1)
    late.begin(0)
    expect(late.dueAt(0)).toBe(66_000)
  })

  it('takes a change just before a delayed run for that run', () => {
    const agenda = agendaAt(0, 2_000)
    agenda.begin(0)
    agenda.begin(60_500)
    expect(agenda.dueAt(60_500)).toBe(121_000)
  })

  it('puts nothing off when the clock is set back', () => {
    const agenda = agendaAt(1_000_000)
    agenda.begin(1_000_000)
    agenda.trigger(1_000_000)
    expect(agenda.dueAt(0)).toBe(100)
    agenda.begin(100)
    expect(agenda.dueAt(100)).toBe(60_000)
  })
})
