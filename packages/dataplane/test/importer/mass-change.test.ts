import '@outlast/virtual-time/at-once'
import { memorySource } from '@outlast/snapshot'
import { until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, route, World } from './world.ts'

const many = (count: number, value = 'before') => Array.from({ length: count }, (_, index) => route(`r${index}`, value))

describe('a control plane that comes back with a mass change', () => {
  let world: World
  beforeEach(async () => {
    world = new World()
    await publish(world.published, { routes: many(40), revision: 100 })
  })
  afterEach(async () => {
    await world.end()
  })

  const back = (routes: ReturnType<typeof many>) =>
    memorySource({ name: 'control plane', identity: 'cp', revision: 120, resources: routes })
  const startOn = async (count: number): Promise<void> => {
    await world.startReady({ live: memorySource({ identity: 'cp', revision: 100, resources: many(count) }) })
  }
  const comesBack = (routes: ReturnType<typeof many>): void => {
    world.node?.reconfigure({ live: back(routes), stores: [world.store()] })
  }

  it('does not take a running node with it, nor one that starts', async () => {
    await startOn(40)
    comesBack(many(19))
    const reason =
      'the control plane answers with a mass change: 21 of the 40 resources entries would be gone or different'
    await until(() => world.node?.status().held === reason, 'held')
    expect(world.node?.status().mode).toBe('holding')
    expect(world.sink.content).toHaveLength(40)
    await world.end()
    world.start({ live: back(many(40, 'after')) })
    await world.clock.turn(3_000)
    expect(world.node?.status()).toMatchObject({
      mode: 'standalone',
      ready: true,
      held: expect.stringContaining('40 of the 40'),
    })
  })

  it.each([
    ['just half of the entries are gone', 40, many(20)],
    ['fewer than 20 are gone, although that is all but one', 20, many(1)],
    ['any number is new', 40, [...many(40), ...Array.from({ length: 200 }, (_, index) => route(`n${index}`))]],
  ])('is followed when %s', async (_case, count, routes) => {
    await startOn(count)
    comesBack(routes)
    await until(() => world.sink.inEffect.size === routes.length, 'followed')
    expect(world.node?.status()).toMatchObject({ mode: 'live', held: undefined })
  })

  it('is followed once an exporter was let publish it', async () => {
    await startOn(40)
    comesBack(many(10))
    await until(() => world.node?.status().held !== undefined, 'held')
    await publish(world.published, { routes: many(10), revision: 119 })
    await world.clock.turn(11_000)
    await world.inMode('live')
    expect(world.sink.inEffect.size).toBe(10)
    expect(world.node?.status()).toMatchObject({ mode: 'live', held: undefined })
  })

  it('is followed once an operator of the node has accepted it', async () => {
    await startOn(40)
    comesBack(many(10))
    await until(() => world.node?.status().acceptable !== undefined, 'acceptable')
    await world.node?.control.accept({ actor: 'ada', reason: 'INC-7' })
    await until(() => world.sink.inEffect.size === 10, 'followed')
    await world.inMode('live')
    expect(world.node?.status().held).toBeUndefined()
  })

  it('is no accident when the node has watched it happen', async () => {
    const live = memorySource({ identity: 'cp', revision: 100, resources: many(40) })
    await world.startReady({ live })
    for (let index = 0; index < 39; index++) live.delete('resources', { kind: 'routes', id: `r${index}` })
    await until(() => world.sink.inEffect.size === 1, 'followed')
    expect(world.node?.status().mode).toBe('live')
  })
})
