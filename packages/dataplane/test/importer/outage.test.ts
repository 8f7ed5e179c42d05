import '@outlast/virtual-time/at-once'
import { memorySource } from '@outlast/snapshot'
import { settled, until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, refusing, route, World } from './world.ts'

const pollMs = 11_000

describe('a running node', () => {
  let world: World
  beforeEach(async () => {
    world = new World()
    await publish(world.published, { routes: [route('a')], revision: 100 })
    await world.startReady()
  })
  afterEach(async () => {
    await world.end()
  })

  const lose = async (): Promise<void> => {
    world.live.fail(new Error('connection reset'))
    await world.inMode('holding')
  }

  it('applies every change of the control plane, and only what changed', async () => {
    world.live.put('resources', route('b'))
    await world.serves(['routes/a=1', 'routes/b=1'])
    world.live.delete('resources', { kind: 'routes', id: 'a' })
    await world.serves(['routes/b=1'])
    expect(world.sink.changes.slice(1).map(({ upserted, removed }) => [upserted.length, removed.length])).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(world.node?.status().position).toEqual({ epoch: 1_000, revision: 102 })
  })

  it('applies a burst of changes at once', async () => {
    for (let round = 0; round < 200; round++) world.live.put('resources', route('a', `round ${round}`))
    await world.serves(['routes/a="round 199"'])
    expect(world.sink.changes.length).toBeLessThan(5)
  })

  it('follows an operator who deletes the last route', async () => {
    world.live.delete('resources', { kind: 'routes', id: 'a' })
    await world.serves([])
    expect(world.node?.status()).toMatchObject({ mode: 'live', held: undefined })
  })

  it('does no work when the control plane is reloaded with equal content', async () => {
    world.live.replace({ revision: 150, resources: [route('a')] })
    await until(() => world.node?.status().position?.revision === 150, 'revision 150')
    expect(world.sink.changes).toHaveLength(1)
  })

  it('keeps what it runs when the control plane is lost, and stays ready', async () => {
    await lose()
    await world.clock.turn(600_000)
    expect(world.node?.status()).toMatchObject({
      mode: 'holding',
      ready: true,
      source: 'control plane',
      held: undefined,
    })
    expect(world.sink.changes).toHaveLength(1)
    expect(world.node?.status().sources.live?.lastError?.message).toBe('connection reset')
  })

  it('keeps what it runs when everything is lost', async () => {
    world.bucketFault = 'fail-before'
    world.diskFault = 'fail-before'
    await lose()
    await world.clock.turn(600_000)
    expect(world.node?.status()).toMatchObject({ mode: 'holding', ready: true })
    expect(world.sink.content).toEqual(['routes/a=1'])
  })

  it('is not taken back by a lagging exporter while it holds', async () => {
    world.live.put('resources', route('b'))
    await world.serves(['routes/a=1', 'routes/b=1'])
    await lose()
    // Revision 100 is still the newest snapshot; the node runs 101.
    await world.clock.turn(pollMs)
    expect(world.node?.status()).toMatchObject({ mode: 'holding', position: { revision: 101 } })
    expect(world.sink.content).toEqual(['routes/a=1', 'routes/b=1'])
  })

  it('takes a snapshot at a higher position while it holds, and each later one', async () => {
    await lose()
    await publish(world.published, { routes: [route('a', 2)], revision: 120 })
    await world.clock.turn(pollMs)
    await world.inMode('standalone')
    expect(world.sink.content).toEqual(['routes/a=2'])
    await publish(world.published, { routes: [route('a', 3)], revision: 130 })
    await world.clock.turn(pollMs)
    await world.serves(['routes/a=3'])
    expect(world.node?.status()).toMatchObject({ source: 'memory:', position: { epoch: 1_000, revision: 130 } })
  })

  it('returns to the control plane by itself', async () => {
    await lose()
    world.live.fail(undefined)
    world.live.put('resources', route('b'))
    await world.clock.turn(pollMs)
    await world.inMode('live')
    expect(world.sink.content).toEqual(['routes/a=1', 'routes/b=1'])
    world.live.put('resources', route('c'))
    await world.serves(['routes/a=1', 'routes/b=1', 'routes/c=1'])
  })

  it('returns from a snapshot to the control plane by itself', async () => {
    await lose()
    await publish(world.published, { routes: [route('a', 2)], revision: 120 })
    await world.clock.turn(pollMs)
    await world.inMode('standalone')
    world.live.fail(undefined)
    world.live.replace({ revision: 121, resources: [route('a', 3)] })
    await world.clock.turn(pollMs)
    await world.inMode('live')
    expect(world.sink.content).toEqual(['routes/a=3'])
  })

  it('stays where it is when the control plane comes back empty, says so once, and follows when it is filled again', async () => {
    await lose()
    world.live.replace({ revision: 200 })
    world.live.fail(undefined)
    await world.clock.turn(60_000)
    const reason = 'the control plane answers with an empty configuration'
    expect(world.node?.status()).toMatchObject({ mode: 'holding', held: reason })
    expect(world.sink.content).toEqual(['routes/a=1'])
    expect(world.log.filter(({ fields }) => 'reason' in fields && fields.reason === reason)).toHaveLength(1)
    world.live.put('resources', route('a', 'again'))
    await world.inMode('live')
    expect(world.sink.content).toEqual(['routes/a="again"'])
    expect(world.node?.status().held).toBeUndefined()
  })

  it('stays where it is when the control plane comes back older', async () => {
    await lose()
    world.live.replace({ revision: 60, resources: [route('a', 'restored')] })
    world.live.fail(undefined)
    await world.clock.turn(60_000)
    expect(world.node?.status()).toMatchObject({
      mode: 'holding',
      held: 'the control plane answers with revision 60, but 100 was reached',
    })
    expect(world.sink.content).toEqual(['routes/a=1'])
  })

  it('stays where it is when another control plane answers with another configuration', async () => {
    await lose()
    world.live.replace({ identity: 'other', revision: 900, resources: [route('z')] })
    world.live.fail(undefined)
    await world.clock.turn(60_000)
    expect(world.node?.status()).toMatchObject({
      mode: 'holding',
      held: 'the control plane answers with another identity and another configuration',
    })
    expect(world.sink.content).toEqual(['routes/a=1'])
  })

  it('notices without any outage that the control plane was replaced under it', async () => {
    world.live.replace({ identity: 'other', revision: 7, resources: [] })
    await world.inMode('holding')
    expect(world.node?.status().held).toBe('the control plane answers with an empty configuration')
    expect(world.sink.content).toEqual(['routes/a=1'])
  })

  it('follows another control plane that was restored with equal content, and is not taken back by old snapshots after', async () => {
    await lose()
    world.live.replace({ identity: 'other', revision: 5, resources: [route('a')] })
    world.live.fail(undefined)
    await world.clock.turn(pollMs)
    await world.inMode('live')
    world.live.put('resources', route('b'))
    await world.serves(['routes/a=1', 'routes/b=1'])
    expect(world.node?.status().position).toEqual({ epoch: 1_001, revision: 6 })
    // The newest snapshot is still the old lineage's, at epoch 1000 and a far higher revision.
    world.live.fail(new Error('down again'))
    await world.clock.turn(pollMs)
    expect(world.node?.status().mode).toBe('holding')
    expect(world.sink.content).toEqual(['routes/a=1', 'routes/b=1'])
    // The exporter has given the new lineage its epoch, but lags.
    await publish(world.published, { routes: [route('a')], identity: 'other', epoch: 5_000, revision: 5 })
    await world.clock.turn(pollMs)
    expect(world.node?.status().mode).toBe('holding')
    expect(world.sink.content).toEqual(['routes/a=1', 'routes/b=1'])
  })

  it('follows another lineage once a snapshot of it was published under a newer epoch', async () => {
    world.live.replace({ identity: 'other', revision: 7, resources: [route('z')] })
    await world.inMode('holding')
    await publish(world.published, { routes: [route('z')], identity: 'other', epoch: 2_000, revision: 7 })
    await world.clock.turn(pollMs)
    await world.inMode('live')
    expect(world.node?.status()).toMatchObject({ held: undefined, position: { epoch: 2_000, revision: 7 } })
    expect(world.sink.content).toEqual(['routes/z=1'])
  })

  it('polls its stores in peace too', async () => {
    const before = world.node?.status().sources.stores[0]?.lastSuccessAt ?? 0
    await world.clock.turn(pollMs)
    expect(world.node?.status().mode).toBe('live')
    expect(world.node?.status().sources.stores[0]?.lastSuccessAt).toBeGreaterThan(before)
  })

  it('tells since when its configuration is known to match', async () => {
    const before = world.node?.status().matchedAt
    await lose()
    await world.clock.turn(600_000)
    expect(world.node?.status().matchedAt).toBe(before)
    await world.published.resources.heartbeat({ matchedRevision: 100 })
    await world.clock.turn(pollMs)
    expect(world.node?.status().matchedAt).toBeGreaterThan((before ?? 0) + 500_000)
  })

  describe('when its sources are replaced', () => {
    it('keeps its configuration when it is forced to standalone, and returns when the control plane is configured again', async () => {
      world.node?.reconfigure({ stores: [world.store()] })
      await world.inMode('standalone')
      world.live.put('resources', route('b'))
      await settled()
      expect(world.sink.content).toEqual(['routes/a=1'])
      expect(world.node?.status().sources.live).toBeUndefined()
      world.node?.reconfigure({ live: world.live, stores: [world.store()] })
      await world.inMode('live')
      expect(world.sink.content).toEqual(['routes/a=1', 'routes/b=1'])
    })

    it('takes newer snapshots of a store that was added', async () => {
      const added = new World()
      await publish(added.published, { routes: [route('n')], revision: 140 })
      world.node?.reconfigure({ stores: [added.store()] })
      await world.serves(['routes/n=1'])
      expect(world.node?.status().mode).toBe('standalone')
    })

    it('holds while a new control plane does not answer, and checks it like one that returns', async () => {
      world.node?.reconfigure({ live: refusing, stores: [] })
      await world.inMode('holding')
      world.node?.reconfigure({
        live: memorySource({ name: 'wrong', identity: 'wrong', resources: [route('x')] }),
        stores: [],
      })
      await until(() => world.node?.status().held !== undefined, 'held')
      expect(world.sink.content).toEqual(['routes/a=1'])
    })
  })

  describe('whose sink fails', () => {
    it('keeps what it runs, reports it, and takes the next state', async () => {
      world.sink.failure = new Error('no space in the router')
      world.live.put('resources', route('b'))
      await until(() => world.node?.status().applyError !== undefined, 'an apply error')
      expect(world.node?.status()).toMatchObject({ mode: 'live', ready: true, position: { revision: 100 } })
      world.sink.failure = undefined
      world.live.put('resources', route('c'))
      await world.serves(['routes/a=1', 'routes/b=1', 'routes/c=1'])
      expect(world.node?.status().applyError).toBeUndefined()
    })

    it('tries the same state again after a while', async () => {
      world.sink.failure = new Error('no space in the router')
      world.live.put('resources', route('b'))
      await until(() => world.node?.status().applyError !== undefined, 'an apply error')
      world.sink.failure = undefined
      await world.clock.turn(pollMs)
      await world.serves(['routes/a=1', 'routes/b=1'])
      expect(world.node?.status().applyError).toBeUndefined()
    })
  })

  it('quarantines a bad entry, keeps its last good version, and applies the rest', async () => {
    world.sink.invalid.set('"bad"', 'must not be bad')
    world.live.replace({ resources: [route('a', 'bad'), route('b'), route('c', 'bad')] })
    await world.serves(['routes/a=1', 'routes/b=1'])
    const reason = 'must not be bad'
    expect(world.node?.status().quarantined).toEqual([
      { domain: 'resources', kind: 'routes', id: 'a', reason },
      { domain: 'resources', kind: 'routes', id: 'c', reason },
    ])
    world.live.put('resources', route('a', 2))
    await world.serves(['routes/a=2', 'routes/b=1'])
    expect(world.node?.status().quarantined).toHaveLength(1)
    world.live.delete('resources', { kind: 'routes', id: 'c' })
    await until(() => world.node?.status().quarantined.length === 0, 'nothing in quarantine')
  })
})
