import '@outlast/virtual-time/at-once'
import { HandClock, settled } from '@outlast/virtual-time'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { candidate, type Candidate } from '../../src/importer/candidate.ts'
import { emptyContent } from '../../src/importer/content.ts'
import { DelayedOffers } from '../../src/importer/delayed-offers.ts'
import { publish, route, World } from './world.ts'

const by = { actor: 'ada', reason: 'INC-7' }
const delayMs = 600_000
const second = 1_000

describe('a node that is told to take a configuration only when it is ten minutes old', () => {
  let world: World
  beforeEach(async () => {
    world = new World()
    await publish(world.published, { routes: [route('a', 'first')], revision: 90 })
    await publish(world.published, { routes: [route('a')], revision: 100 })
    await world.startReady({ applyDelayMs: delayMs })
  })
  afterEach(async () => {
    await world.end()
  })

  const status = () => world.status()
  const change = async (value: string): Promise<void> => {
    world.live.put('resources', route('a', value))
    await settled()
  }

  it('waits for nothing at a start', () => {
    expect(status()).toMatchObject({ mode: 'live', pace: { applyDelayMs: delayMs }, delayed: undefined })
    expect(world.sink.content).toEqual(['routes/a=1'])
  })

  it('stays with its control plane, says what waits until when, and takes it then', async () => {
    const seenAt = world.clock.now()
    await change('new')
    expect(status()).toMatchObject({
      mode: 'live',
      position: { revision: 100 },
      delayed: { source: 'control plane', position: { revision: 101 }, seenAt, dueAt: seenAt + delayMs },
    })
    await world.clock.turn(delayMs - 1)
    expect(world.sink.content).toEqual(['routes/a=1'])
    await world.clock.turn(1)
    expect(world.sink.content).toEqual(['routes/a="new"'])
    expect(status()).toMatchObject({ mode: 'live', position: { revision: 101 }, delayed: undefined })
  })

  it('skips what was superseded before it was old enough by what takes effect in its place', async () => {
    await change('bad')
    await world.clock.turn(10 * second)
    await change('worse')
    await world.clock.turn(10 * second)
    world.live.put('resources', route('a', 1))
    await world.clock.turn(2 * delayMs)
    expect(world.sink.changes).toHaveLength(1)
    expect(status().position).toEqual({ epoch: 1_000, revision: 103 })
  })

  it('is never more than a quarter late, however often the control plane changes', async () => {
    const begunAt = world.clock.now()
    for (let round = 0; round < 400; round++) {
      await change(String(world.clock.now() - begunAt))
      await world.clock.turn(5 * second)
      const age = world.clock.now() - begunAt - Number(/\d+/.exec(world.sink.content.join())?.[0])
      if (world.sink.changes.length === 1) continue
      expect(age).toBeGreaterThanOrEqual(delayMs)
      expect(age).toBeLessThanOrEqual(1.25 * delayMs + 10 * second)
    }
    expect(world.sink.changes.length).toBeGreaterThan(5)
  })

  it('counts from when it first knew of it, whoever told it', async () => {
    await change('new')
    await world.clock.turn(300 * second)
    world.live.fail(new Error('down'))
    await world.inMode('holding')
    await publish(world.published, { routes: [route('a', 'new')], revision: 101 })
    await world.clock.turn(299 * second)
    expect(status()).toMatchObject({ mode: 'holding', delayed: { source: 'memory:', position: { revision: 101 } } })
    await world.clock.turn(second)
    expect(status()).toMatchObject({ mode: 'standalone', position: { revision: 101 } })
    expect(world.sink.content).toEqual(['routes/a="new"'])
  })

  it('keeps what it runs when a control plane comes back with something new, and follows when that is old enough', async () => {
    world.live.fail(new Error('down'))
    await world.inMode('holding')
    world.live.replace({ revision: 150, resources: [route('a', 'new')] })
    world.live.fail(undefined)
    await world.clock.turn(300 * second)
    expect(status()).toMatchObject({ mode: 'holding', held: undefined, delayed: { position: { revision: 150 } } })
    await world.clock.turn(300 * second + 11 * second)
    expect(status().mode).toBe('live')
    expect(world.sink.content).toEqual(['routes/a="new"'])
  })

  it('follows a control plane at once that comes back with what it runs', async () => {
    world.live.fail(new Error('down'))
    await world.inMode('holding')
    world.live.fail(undefined)
    await world.clock.turn(11 * second)
    expect(status().mode).toBe('live')
  })

  it('takes what an operator of the fleet rolls back to at once', async () => {
    await publish(world.published, { routes: [route('a', 'bad')], revision: 110 })
    world.live.fail(new Error('down'))
    await world.clock.turn(delayMs + 20 * second)
    expect(world.sink.content).toEqual(['routes/a="bad"'])
    await publish(world.published, { routes: [route('a', 'worse')], revision: 120 })
    await world.clock.turn(20 * second)
    await world.published.resources.operator.rollback(1, by)
    await world.clock.turn(11 * second)
    expect(world.sink.content).toEqual(['routes/a="first"'])
    await world.clock.turn(2 * delayMs)
    expect(world.sink.content).toEqual(['routes/a="first"'])
  })

  it('takes what an operator pins at once', async () => {
    await publish(world.published, { routes: [route('a', 'canary')], revision: 110 })
    expect(await world.node?.control.pin(3, by)).toMatchObject({ status: 'done' })
    await world.serves(['routes/a="canary"'])
  })

  it('takes what is there at once when an operator wants it fetched', async () => {
    await change('new')
    await world.node?.control.fetchNow(by)
    await settled()
    expect(world.sink.content).toEqual(['routes/a="new"'])
    expect(status()).toMatchObject({ mode: 'live', delayed: undefined })
    await change('newer')
    expect(world.sink.content).toEqual(['routes/a="new"'])
  })

  it('fetches a snapshot at once that it does not know of yet', async () => {
    world.live.fail(new Error('down'))
    await world.inMode('holding')
    await publish(world.published, { routes: [route('a', 'new')], revision: 120 })
    await world.node?.control.fetchNow(by)
    await settled()
    expect(world.sink.content).toEqual(['routes/a="new"'])
  })

  it('goes by another delay from one moment to the next', async () => {
    await change('new')
    await world.clock.turn(100 * second)
    world.node?.reconfigure({ live: world.live, stores: [], applyDelayMs: 200 * second })
    await world.clock.turn(99 * second)
    expect(world.sink.content).toEqual(['routes/a=1'])
    await world.clock.turn(second)
    expect(world.sink.content).toEqual(['routes/a="new"'])
  })

  it('takes nothing that is younger, and nothing older than what it runs, whatever comes when', async () => {
    await world.end()
    const step = fc.record({ afterMs: fc.nat(200 * second), isChange: fc.boolean(), isLost: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        world = new World()
        await world.startReady({ applyDelayMs: delayMs })
        const madeAt = new Map([['1', -Infinity]])
        let newest = 0
        for (const { afterMs, isChange, isLost } of steps) {
          if (isChange) {
            const value = String(madeAt.size + 1)
            madeAt.set(value, world.clock.now())
            world.live.put('resources', route('a', Number(value)))
          }
          world.live.fail(isLost ? new Error('down') : undefined)
          await world.clock.turn(afterMs)
          const value = /\d+/.exec(world.sink.content.join())?.[0] ?? ''
          expect(world.clock.now() - (madeAt.get(value) ?? Infinity)).toBeGreaterThanOrEqual(delayMs)
          expect(Number(value)).toBeGreaterThanOrEqual(newest)
          newest = Number(value)
        }
        world.live.fail(undefined)
        await world.clock.turn(2 * delayMs)
        expect(world.sink.content).toEqual([`routes/a=${madeAt.size}`])
        expect(status()).toMatchObject({ mode: 'live', delayed: undefined })
        await world.end()
      }),
      { numRuns: 10 },
    )
  })
})

describe('delayed offers', () => {
  const delayedBy = (clock: HandClock) =>
    new DelayedOffers({ clock, signal: AbortSignal.abort(), delayMs: () => delayMs, onRipe: () => {} })
  const offer = (digest: string): Candidate => ({
    ...candidate({ source: 'cp', identity: 'cp', position: { epoch: 0, revision: 1 }, content: emptyContent }),
    digest,
  })

  it('tell what became old enough while nobody looked, also when there is something newer', async () => {
    const clock = new HandClock()
    const delayed = delayedBy(clock)
    const source: { offer: Candidate | undefined } = { offer: undefined }
    const look = (digest: string): string | undefined => {
      source.offer = offer(digest)
      return delayed.look([source])(source)?.digest
    }
    expect(look('a')).toBeUndefined()
    clock.set(clock.now() + 10 * second)
    expect(look('b')).toBeUndefined()
    clock.set(clock.now() + delayMs)
    expect(look('c')).toBe('b')
  })

  it('never are what was taken back while it waited', async () => {
    const clock = new HandClock()
    const delayed = delayedBy(clock)
    const source: { offer: Candidate | undefined } = { offer: undefined }
    const told: (string | undefined)[] = []
    const look = (digest: string): void => {
      source.offer = offer(digest)
      told.push(delayed.look([source])(source)?.digest)
    }
    // The third is what was there before the second: someone has seen that it is bad.
    for (const digest of ['good', 'bad', 'good', 'newer']) {
      look(digest)
      clock.set(clock.now() + 180 * second)
    }
    for (let seconds = 0; seconds < 1_000; seconds++) {
      look('newer')
      clock.set(clock.now() + second)
    }
    expect([...new Set(told)]).toEqual([undefined, 'good', 'newer'])
  })

  it('wait at most twice as long when the clock is set back', async () => {
    const clock = new HandClock()
    const delayed = delayedBy(clock)
    const source = { offer: offer('a') }
    delayed.look([source])
    clock.set(clock.now() - 100 * delayMs)
    expect(delayed.look([source])(source)).toBeUndefined()
    clock.set(clock.now() + delayMs)
    expect(delayed.look([source])(source)?.digest).toBe('a')
  })
})
