import '@outlast/virtual-time/at-once'
import { settled } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, refusing, route, World } from './world.ts'

const pollMs = 11_000
const by = { actor: 'ada', reason: 'INC-7' }

describe('a node that runs a snapshot', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  const status = () => world.status()
  /** Starts from a snapshot while the control plane is away. */
  const runSnapshot = async (returnJitterMs?: number): Promise<void> => {
    await publish(world.published, { routes: [route('a', 'snapshot')], revision: 90 })
    world.live.fail(new Error('down'))
    await world.startReady({ returnJitterMs })
    expect(status().mode).toBe('standalone')
  }
  /** The control plane answers within the next moment. */
  const comeBack = async (): Promise<void> => {
    world.live.fail(undefined)
    await world.node?.control.fetchNow(by)
    await settled()
  }

  it('goes back to its control plane after a share of five seconds, unless told otherwise', async () => {
    await runSnapshot()
    expect(status().pace.returnJitterMs).toBe(5_000)
    await comeBack()
    await world.clock.turn(2_499)
    expect(status()).toMatchObject({ mode: 'standalone', held: undefined })
    await world.clock.turn(1)
    expect(status().mode).toBe('live')
    expect(world.sink.content).toEqual(['routes/a=1'])
  })

  it('goes back at once when it is told to', async () => {
    await runSnapshot(0)
    await comeBack()
    expect(status().mode).toBe('live')
  })

  it('begins to wait again when the control plane was lost meanwhile, and does not move for one that flaps', async () => {
    await runSnapshot()
    for (let round = 0; round < 20; round++) {
      await comeBack()
      await world.clock.turn(2_000)
      world.live.fail(new Error('down again'))
      await world.clock.turn(2_000)
    }
    expect(status().mode).toBe('standalone')
    expect(world.log.filter(({ message }) => message === 'mode changed')).toHaveLength(1)
    await comeBack()
    await world.clock.turn(2_500)
    expect(status().mode).toBe('live')
  })

  it('stays when the control plane says something else at the end of the wait that must not take effect', async () => {
    await runSnapshot()
    await comeBack()
    await world.clock.turn(2_000)
    world.live.replace({ revision: 300, resources: [] })
    await world.clock.turn(pollMs)
    expect(status()).toMatchObject({
      mode: 'standalone',
      held: 'the control plane answers with an empty configuration',
    })
    expect(world.sink.content).toEqual(['routes/a="snapshot"'])
  })

  it('takes newer snapshots meanwhile, and does not wait longer for it', async () => {
    await runSnapshot(60_000)
    world.live.replace({ revision: 300 })
    world.live.put('resources', route('a', 'newest'))
    await comeBack()
    for (const revision of [100, 110, 120]) {
      await publish(world.published, { routes: [route('a', revision)], revision })
      await world.clock.turn(9_900)
    }
    expect(status()).toMatchObject({ mode: 'standalone', position: { revision: 120 } })
    await world.clock.turn(300)
    expect(status().mode).toBe('live')
    expect(world.sink.content).toEqual(['routes/a="newest"'])
  })

  it('does not wait when an operator orders it back', async () => {
    await runSnapshot(60_000)
    await world.node?.control.standalone(by)
    world.live.fail(undefined)
    await world.clock.turn(pollMs)
    expect(status().mode).toBe('standalone')
    await world.node?.control.auto(by)
    await settled()
    expect(status().mode).toBe('live')
  })

  it('waits as long as it is told while it runs', async () => {
    await runSnapshot(60_000)
    world.node?.reconfigure({ live: world.live, stores: [], returnJitterMs: 0 })
    await comeBack()
    expect(status()).toMatchObject({ mode: 'live', pace: { returnJitterMs: 0 } })
    expect(() => world.node?.reconfigure({ live: refusing, stores: [], returnJitterMs: -1 })).toThrow(RangeError)
    expect(status().pace.returnJitterMs).toBe(0)
  })

  it('waits no longer than it is told while it waits', async () => {
    await runSnapshot(86_400_000)
    await comeBack()
    world.node?.reconfigure({ live: world.live, stores: [], returnJitterMs: 10_000 })
    await world.clock.turn(4_999)
    expect(status().mode).toBe('standalone')
    await world.clock.turn(1)
    expect(status().mode).toBe('live')
  })

  it('waits also when the clock was set back after an order', async () => {
    await runSnapshot(60_000)
    await world.node?.control.standalone(by)
    await world.node?.control.auto(by)
    world.clock.set(world.clock.now() - 86_400_000)
    await world.clock.turn(60_000)
    await comeBack()
    expect(status().mode).toBe('standalone')
    await world.clock.turn(30_000)
    expect(status().mode).toBe('live')
  })

  it('is not what a node does that has nothing in effect, or holds', async () => {
    await world.startReady({ returnJitterMs: 60_000 })
    expect(status().mode).toBe('live')
    world.live.fail(new Error('down'))
    await world.inMode('holding')
    world.live.fail(undefined)
    await world.node?.control.fetchNow(by)
    await world.inMode('live')
  })
})
