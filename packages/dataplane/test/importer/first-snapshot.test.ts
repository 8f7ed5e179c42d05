import '@outlast/virtual-time/at-once'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, route, World } from './world.ts'

describe('a control plane that was followed before there was any snapshot', () => {
  let world: World
  beforeEach(async () => {
    world = new World()
    await world.startReady({ local: undefined })
    await world.inMode('live')
  })
  afterEach(async () => {
    await world.end()
  })

  it('is followed on when the first one is of what it has', async () => {
    // The exporter may have seen a later revision at which nothing else was different.
    await publish(world.published, { routes: [route('a')], revision: 105 })
    await world.clock.turn(30_000)
    expect(world.node?.status()).toMatchObject({ mode: 'live', held: undefined })
    world.live.put('resources', route('b'))
    await world.serves(['routes/a=1', 'routes/b=1'])
  })

  it('is followed on when the first one is of what it had, and much has changed since', async () => {
    await publish(world.published, { routes: [route('a')], revision: 100 })
    world.live.delete('resources', route('a'))
    await world.serves([])
    await world.clock.turn(30_000)
    expect(world.node?.status()).toMatchObject({
      mode: 'live',
      held: undefined,
      position: { epoch: 1_000, revision: 101 },
    })
    expect(world.sink.content).toEqual([])
  })

  it.each([
    ['further on than it has ever been', 'cp', 120, 'revision 100, but 120 was reached'],
    ['of another lineage', 'another', 40, 'another identity'],
  ])('is left when the first one is %s', async (_what, identity, revision, reason) => {
    await publish(world.published, { routes: [route('a', 'newer')], revision, identity })
    await world.clock.turn(11_000)
    expect(world.sink.content).toEqual(['routes/a="newer"'])
    const { mode, held } = world.node?.status() ?? {}
    expect(mode).toBe('standalone')
    expect(held).toContain(reason)
  })

  it('is followed whatever snapshots come later', async () => {
    await publish(world.published, { routes: [route('a')], revision: 100 })
    await world.clock.turn(11_000)
    await publish(world.published, { routes: [route('a', 'exported before it was seen here')], revision: 103 })
    await world.clock.turn(30_000)
    expect(world.node?.status()).toMatchObject({ mode: 'live', held: undefined })
    expect(world.sink.content).toEqual(['routes/a=1'])
  })
})
