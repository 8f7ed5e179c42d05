import '@outlast/virtual-time/at-once'
import { memorySource } from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { settled, until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DataPlaneControl } from '../../src/importer/index.ts'
import { MemoryNote } from './memory-note.ts'
import { publish, refusing, route, World } from './world.ts'

const by = { actor: 'ada', reason: 'INC-7' }
const pollMs = 11_000

describe('an operator', () => {
  let world: World
  let orders: MemoryNote
  beforeEach(async () => {
    world = new World()
    orders = new MemoryNote()
    await publish(world.published, { routes: [route('a', 'first')], revision: 90 })
    await publish(world.published, { routes: [route('a')], revision: 100 })
    await world.startReady({ orders })
  })
  afterEach(async () => {
    await world.end()
  })

  const control = (): DataPlaneControl => {
    if (world.node === undefined) throw new Error('no node')
    return world.node.control
  }
  const restart = async (options: object = {}): Promise<void> => {
    await world.clock.turn(2_000)
    await world.end()
    world.start({ orders, ...options })
    await world.clock.turn(2_000)
    await settled()
  }

  it('pins an older snapshot, which stays over changes and restarts until it is unpinned', async () => {
    expect(await control().pin(1, by)).toEqual({ status: 'done', outlives: true })
    await world.serves(['routes/a="first"'])
    expect(world.node?.status()).toMatchObject({
      mode: 'standalone',
      position: { epoch: 1_000, revision: 90 },
      held: 'pinned to snapshot 1 by ada: INC-7',
    })
    world.live.put('resources', route('b'))
    await publish(world.published, { routes: [route('c')], revision: 200 })
    await world.clock.turn(pollMs)
    expect(world.sink.content).toEqual(['routes/a="first"'])
    await restart()
    expect(world.sink.content).toEqual(['routes/a="first"'])
    expect(world.node?.status().orders.pinned).toMatchObject({ ...by, sequence: 1 })
    await control().unpin(by)
    await world.serves(['routes/a=1', 'routes/b=1'])
    await world.inMode('live')
  })

  it('cannot pin what no store has, and is told why', async () => {
    const result = await control().pin(77, by)
    expect(result).toMatchObject({ status: 'refused', reason: expect.stringContaining('snapshot 77 cannot be loaded') })
    expect(world.node?.status()).toMatchObject({ mode: 'live', orders: {} })
  })

  it('has a node that starts without its pinned snapshot serve the newest, and go to the pinned one when it is found', async () => {
    await control().pin(1, by)
    await world.serves(['routes/a="first"'])
    await world.end()
    world.bucketFault = 'fail-before'
    world.start({ orders, live: refusing })
    await world.clock.turn(3_000)
    expect(world.node?.status()).toMatchObject({ ready: true, pinError: expect.any(String) })
    expect(world.sink.content).toEqual(['routes/a=1'])
    world.bucketFault = undefined
    await world.clock.turn(2 * pollMs)
    await world.serves(['routes/a="first"'])
    expect(world.node?.status().pinError).toBeUndefined()
  })

  it('has a node look for its pinned snapshot also when the clock was set back', async () => {
    await control().pin(1, by)
    await world.serves(['routes/a="first"'])
    await world.end()
    world.bucketFault = 'fail-before'
    world.start({ orders, live: refusing })
    await world.clock.turn(3_000)
    world.bucketFault = undefined
    world.clock.set(world.clock.now() - 86_400_000)
    await control().fetchNow(by)
    await world.serves(['routes/a="first"'])
    expect(world.node?.status()).toMatchObject({ position: { revision: 90 }, pinError: undefined })
  })

  it('freezes what is in effect, also over a restart at which the control plane says something newer', async () => {
    expect(await control().freeze(by)).toMatchObject({ status: 'done' })
    world.live.put('resources', route('b'))
    await until(() => world.node?.status().held === 'frozen by ada: INC-7', 'held')
    expect(world.node?.status().mode).toBe('holding')
    await restart()
    expect(world.sink.content).toEqual(['routes/a=1'])
    await control().unfreeze(by)
    await world.serves(['routes/a=1', 'routes/b=1'])
    expect(world.node?.status()).toMatchObject({ mode: 'live', held: undefined, orders: {} })
  })

  it('lets a frozen node that has lost what was frozen serve what there is', async () => {
    await control().freeze(by)
    await world.end()
    world.start({
      orders,
      local: memoryStorage(),
      stores: [],
      live: memorySource({ identity: 'cp', revision: 101, resources: [route('z')] }),
    })
    await world.clock.turn(3_000)
    expect(world.sink.content).toContain('routes/z=1')
    expect(world.node?.status()).toMatchObject({ ready: true, mode: 'holding', held: 'frozen by ada: INC-7' })
  })

  it('makes a node standalone, and lets it follow again', async () => {
    await control().standalone(by)
    await world.inMode('standalone')
    world.live.put('resources', route('b'))
    await settled()
    expect(world.sink.content).toEqual(['routes/a=1'])
    await publish(world.published, { routes: [route('c')], revision: 150 })
    await world.clock.turn(pollMs)
    await world.serves(['routes/c=1'])
    await restart()
    expect(world.node?.status()).toMatchObject({ mode: 'standalone', orders: { standalone: by } })
    world.live.replace({ revision: 160, resources: [route('d')] })
    await control().auto(by)
    await world.serves(['routes/d=1'])
    await world.inMode('live')
  })

  it('accepts a control plane that came back as somebody else, once', async () => {
    const other = (revision: number, value: string) =>
      memorySource({ name: 'other', identity: `other ${revision}`, revision, resources: [route('a', value)] })
    world.node?.reconfigure({ live: other(5, 'theirs'), stores: [world.store()] })
    await until(() => world.node?.status().acceptable !== undefined, 'acceptable')
    expect(await control().accept(by, { digest: 'sha256:something else' })).toMatchObject({ status: 'refused' })
    expect(await control().accept(by)).toMatchObject({ status: 'done' })
    await world.serves(['routes/a="theirs"'])
    await settled()
    expect(world.node?.status()).toMatchObject({ mode: 'live', position: { epoch: 1_001, revision: 5 }, orders: {} })
    world.node?.reconfigure({ live: other(6, 'third'), stores: [world.store()] })
    await until(() => world.node?.status().held !== undefined, 'held')
    expect(world.sink.content).toEqual(['routes/a="theirs"'])
  })

  it('accepts a control plane that was set back, and a store that is further does not undo it', async () => {
    const before = memorySource({ identity: 'cp', revision: 50, resources: [route('a', 'restored')] })
    world.node?.reconfigure({ live: before, stores: [world.store()] })
    await until(() => world.node?.status().acceptable?.revision === 50, 'acceptable')
    await control().accept(by)
    await world.serves(['routes/a="restored"'])
    before.fail(new Error('gone'))
    await world.inMode('holding')
    await world.clock.turn(pollMs)
    expect(world.sink.content).toEqual(['routes/a="restored"'])
  })

  it('has nothing to accept while an operator of the fleet holds a rollback', async () => {
    await world.published.resources.operator.rollback(1, by)
    await world.end()
    world.start({ orders, local: memoryStorage() })
    await world.clock.turn(3_000)
    expect(world.node?.status().held).toContain('rollback')
    expect(await control().accept(by)).toMatchObject({ status: 'refused' })
  })

  it('does not wait for the next turn', async () => {
    await control().standalone(by)
    await publish(world.published, { routes: [route('c')], revision: 150 })
    await settled()
    expect(world.sink.content).toEqual(['routes/a=1'])
    await control().fetchNow(by)
    await world.serves(['routes/c=1'])
  })

  it('is on record with name and reason, and told when an order would not outlive the process', async () => {
    orders.failure = new Error('ENOSPC')
    expect(await control().freeze(by)).toEqual({ status: 'done', outlives: false })
    expect(world.node?.status().ordersError?.message).toBe('ENOSPC')
    const audits = world.log.filter(({ message }) => message === 'operator control')
    expect(audits.map(({ fields }) => fields)).toMatchObject([{ audit: 'freeze', ...by }])
    orders.failure = undefined
    expect(await control().unfreeze(by)).toEqual({ status: 'done', outlives: true })
    expect(await control().unfreeze(by)).toMatchObject({ status: 'refused' })
  })

  it('finds a node with a damaged note of orders in service', async () => {
    orders.text = '{"format":1,"frozen":{"actor":1}}'
    await restart()
    expect(world.node?.status()).toMatchObject({ ready: true, mode: 'live', orders: {} })
    expect(world.node?.status().ordersError?.message).toContain('cannot be understood')
  })
})
