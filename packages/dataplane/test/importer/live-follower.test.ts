import '@outlast/virtual-time/at-once'
import { silentLogger, type ConfigSource, type SourceState, type SourceUpdate } from '@outlast/snapshot'
import { HandClock, settled, until } from '@outlast/virtual-time'
import { describe, expect, it } from 'vitest'
import { itemsOf } from '../../src/importer/content.ts'
import { LiveFollower } from '../../src/importer/live-follower.ts'
import { blackHole, route } from './world.ts'

const state = (revision: number, ...ids: string[]): SourceState => ({
  identity: 'cp',
  revision,
  resources: ids.map((id) => route(id)),
  instance: [],
})

const change = (revision: number, id: string): SourceUpdate => ({
  type: 'change',
  revision,
  resources: { upserted: [route(id)], removed: [] },
  instance: { upserted: [], removed: [] },
})

/** A source whose watch says what the test hands it, and whose load is the given function. */
function scripted(load: (call: number) => SourceState): ConfigSource & { say(update: SourceUpdate | Error): void } {
  const queue: (SourceUpdate | Error)[] = []
  let wake = (): void => {}
  let calls = 0
  return {
    name: 'scripted',
    load: async () => load(++calls),
    say(update) {
      queue.push(update)
      wake()
    },
    // Ignores its signal, as some clients do.
    async *watch() {
      for (;;) {
        const update = queue.shift()
        if (update instanceof Error) throw update
        if (update === undefined) await new Promise<void>((resolve) => (wake = resolve))
        else yield update
      }
    },
  }
}

function follow(source: ConfigSource): { clock: HandClock; follower: LiveFollower; stop: () => Promise<void> } {
  const clock = new HandClock()
  const controller = new AbortController()
  const options = { clock, logger: silentLogger, random: () => 0.5, pollIntervalMs: 10_000, onChange() {} }
  const follower = new LiveFollower({ ...options, source })
  const ended = follower.run(controller.signal)
  return {
    clock,
    follower,
    async stop() {
      controller.abort()
      await ended
      expect(clock.sleeping).toBe(0)
    },
  }
}

const idsOf = (follower: LiveFollower): string[] | undefined =>
  follower.offer && Array.from(itemsOf(follower.offer.content, 'resources'), ({ entry }) => entry.id)

describe('a live follower', () => {
  it('keeps the newest complete state, and ignores what is repeated or older', async () => {
    const source = scripted(() => state(10, 'a'))
    const { follower, stop } = follow(source)
    await until(() => follower.offer !== undefined, 'an offer')
    const load = follower.offer?.load
    expect(load).toBeDefined()
    for (const update of [change(11, 'b'), change(11, 'repeated'), change(9, 'older')]) source.say(update)
    source.say({ type: 'progress', revision: 15 })
    await until(() => follower.offer?.position.revision === 15, 'revision 15')
    expect(idsOf(follower)).toEqual(['a', 'b'])
    expect(follower.offer?.load).toBe(load)
    source.say({ type: 'state', state: state(20, 'c') })
    await until(() => follower.offer?.position.revision === 20, 'revision 20')
    expect(idsOf(follower)).toEqual(['c'])
    expect(follower.offer?.load).not.toBe(load)
    await stop()
  })

  it('withdraws its offer when the source is lost, and comes back with a complete load', async () => {
    const source = scripted((call) => (call === 1 ? state(10, 'a') : state(30, 'd')))
    const { clock, follower, stop } = follow(source)
    await until(() => follower.offer !== undefined, 'an offer')
    const load = follower.offer?.load
    source.say(new Error('gone'))
    await until(() => follower.record.report.lastError !== undefined, 'an error')
    expect(follower.offer).toBeUndefined()
    await clock.turn(1_000)
    expect(idsOf(follower)).toEqual(['d'])
    expect(follower.offer?.load).toBeDefined()
    expect(follower.offer?.load).not.toBe(load)
    await stop()
  })

  it('waits longer after each failure, but never longer than the poll interval', async () => {
    let calls = 0
    const source = scripted(() => {
      calls++
      throw new Error('refused')
    })
    const { clock, stop } = follow(source)
    await clock.turn(1_000)
    const early = calls
    await clock.turn(600_000)
    const callsBefore = calls
    await clock.turn(60_000)
    expect(early).toBeGreaterThanOrEqual(3)
    expect(calls - callsBefore).toBeGreaterThanOrEqual(6)
    expect(calls - callsBefore).toBeLessThanOrEqual(10)
    await stop()
  })

  it('gives up a load that never ends, although the source ignores its signal', async () => {
    const { clock, follower, stop } = follow(blackHole)
    await clock.turn(60_000)
    expect(follower.record.report.lastError?.message).toBe('no answer within 60000 ms')
    await stop()
  })

  it('loads a source that cannot be watched again and again', async () => {
    let calls = 0
    const { clock, follower, stop } = follow({ name: 'polled', load: async () => state(++calls, `r${calls}`) })
    await settled()
    expect(idsOf(follower)).toEqual(['r1'])
    await clock.turn(10_000)
    expect(idsOf(follower)).toEqual(['r2'])
    await stop()
  })

  it('takes a revision that is no safe integer for a failure, and an empty answer without lists too', async () => {
    const { follower, stop } = follow(scripted(() => state(Number.NaN)))
    await until(() => follower.record.report.lastError !== undefined, 'an error')
    expect(follower.offer).toBeUndefined()
    await stop()
    const broken = follow(scripted(() => JSON.parse('{"identity":"cp","revision":1}')))
    await until(() => broken.follower.record.report.lastError !== undefined, 'an error')
    await broken.stop()
  })

  it('does not let one entry that has no canonical form hide the others', async () => {
    const odd = { kind: 'routes', id: 'odd', value: '\ud800' }
    const { follower, stop } = follow(scripted(() => ({ ...state(1, 'a'), resources: [route('a'), odd] })))
    await until(() => follower.offer !== undefined, 'an offer')
    expect(idsOf(follower)).toEqual(['a', 'odd'])
    await stop()
  })
})
