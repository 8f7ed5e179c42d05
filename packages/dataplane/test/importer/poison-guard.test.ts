import '@outlast/virtual-time/at-once'
import type { Entry } from '@outlast/snapshot'
import { settled, until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDataPlane, type ConfigSink, type DataPlane, type NodeNote } from '../../src/importer/index.ts'
import { publish, refusing, remoteStore, route, World } from './world.ts'

const minute = 60_000

/** A node whose process can die: what it has not written to disk is lost, and nothing of it is heard again. */
describe('a configuration that kills the process', () => {
  let world: World
  let text: string | undefined
  let noteFails: Error | 'hangs' | undefined
  /** Lets the writes that hang come back. */
  let resume: PromiseWithResolvers<void>
  const note: NodeNote = {
    read: async () => text,
    write: async (next) => {
      if (noteFails === 'hangs') await resume.promise
      else if (noteFails !== undefined) throw noteFails
      text = next
    },
  }
  const poison = { note, build: '1' }
  /** Values whose routes kill whoever applies them. */
  let deadly: Set<string>
  let dead: DataPlane[]

  beforeEach(() => {
    world = new World()
    text = undefined
    noteFails = undefined
    resume = Promise.withResolvers()
    deadly = new Set()
    dead = []
  })
  afterEach(async () => {
    noteFails = undefined
    resume.resolve()
    // Their sinks never answer: they cannot be waited for, but their timers end.
    for (const node of dead) void node.stop()
    await settled()
    await world.end()
  })

  /** Resolves with `false` when the process "dies": its sink never comes back from `apply`, and its note is frozen. */
  const boot = async (options: Parameters<World['start']>[0] = {}): Promise<boolean> => {
    const death = Promise.withResolvers<false>()
    let isDead = false
    const own: NodeNote = {
      read: async () => note.read(),
      write: async (next) => (isDead ? undefined : note.write(next)),
    }
    const sink: ConfigSink = {
      validate: (entry) => world.sink.validate(entry),
      apply: async (change) => {
        if (change.upserted.some(({ value }) => typeof value === 'string' && deadly.has(value))) {
          isDead = true
          death.resolve(false)
          return new Promise(() => {})
        }
        return world.sink.apply(change)
      },
    }
    world.sink.inEffect.clear()
    const node = world.start({ sink, poison: { ...poison, note: own, ...options.poison }, ...without(options) })
    const isServing = await Promise.race([death.promise, world.started?.then(() => true)])
    if (isServing !== true) {
      dead.push(node)
      world.node = undefined
      return false
    }
    return true
  }

  const goodAndDeadly = async (): Promise<void> => {
    await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
    await publish(world.published, { routes: [route('a', 'deadly')], revision: 95 })
    deadly.add('deadly')
  }

  it('is passed over after two deaths, for the snapshot before it', async () => {
    await goodAndDeadly()
    expect(await boot({ live: refusing })).toBe(false)
    expect(await boot({ live: refusing })).toBe(false)
    expect(await boot({ live: refusing })).toBe(true)
    expect(world.sink.content).toEqual(['routes/a="good"'])
    const { poisoned, position } = world.node?.status() ?? {}
    expect(position?.revision).toBe(90)
    expect(poisoned).toEqual([
      {
        digest: expect.stringMatching(/^sha256:/),
        deaths: 2,
        at: world.clock.now(),
        retryAt: world.clock.now() + 11 * minute,
      },
    ])
  })

  it('is passed over when it comes from the control plane, for what this node served last', async () => {
    expect(await boot()).toBe(true)
    await world.clock.turn(3_000)
    await world.node?.stop()
    world.live.put('resources', route('a', 'deadly'))
    deadly.add('deadly')
    expect(await boot()).toBe(false)
    expect(await boot()).toBe(false)
    expect(await boot()).toBe(true)
    expect(world.sink.content).toEqual(['routes/a=1'])
    // The next state of the control plane is another configuration.
    world.live.put('resources', route('a', 'mended'))
    await world.serves(['routes/a="mended"'])
    await world.inMode('live')
  })

  it('does not keep a newer good one away', async () => {
    await goodAndDeadly()
    await boot({ live: refusing })
    await boot({ live: refusing })
    await boot({ live: refusing })
    await publish(world.published, { routes: [route('a', 'mended')], revision: 97 })
    await world.clock.turn(12_000)
    await world.serves(['routes/a="mended"'])
    expect(world.node?.status().position?.revision).toBe(97)
  })

  it('is tried again after ten minutes, and passed over at once when it kills again', async () => {
    await goodAndDeadly()
    await boot({ live: refusing })
    await boot({ live: refusing })
    expect(await boot({ live: refusing })).toBe(true)
    await world.node?.stop()
    await world.clock.turn(10 * minute)
    expect(await boot({ live: refusing })).toBe(true)
    await world.node?.stop()
    await world.clock.turn(minute)
    expect(await boot({ live: refusing })).toBe(false)
    expect(await boot({ live: refusing })).toBe(true)
    expect(world.node?.status().poisoned[0]?.deaths).toBe(3)
  })

  it('is tried again by a node that runs, without a restart', async () => {
    await goodAndDeadly()
    await boot({ live: refusing })
    await boot({ live: refusing })
    await boot({ live: refusing })
    deadly.clear()
    await world.clock.turn(12 * minute)
    await world.serves(['routes/a="deadly"'])
    expect(world.node?.status().poisoned).toEqual([])
  })

  it('is tried again when there is nothing else: a node that was only killed twice at a bad moment must serve', async () => {
    await publish(world.published, { routes: [route('a', 'deadly')], revision: 95 })
    deadly.add('deadly')
    expect(await boot({ live: refusing })).toBe(false)
    expect(await boot({ live: refusing })).toBe(false)
    deadly.clear()
    const booting = boot({ live: refusing })
    await world.clock.turn(1_900)
    expect(world.node?.status()).toMatchObject({ ready: false, poisoned: [{ deaths: 2 }] })
    await world.clock.turn(200)
    expect(await booting).toBe(true)
    expect(world.sink.content).toEqual(['routes/a="deadly"'])
  })

  it('is not tried again while something else is being looked for', async () => {
    await goodAndDeadly()
    await boot({ live: refusing })
    await boot({ live: refusing })
    const slow = Promise.withResolvers<void>()
    const store = world.store()
    const resources: typeof store.resources = {
      ...store.resources,
      async *history(options) {
        await slow.promise
        yield* store.resources.history(options)
      },
    }
    const booting = boot({ live: refusing, stores: [{ ...store, resources }] })
    // Beyond the boot timeout, and the next polls.
    await world.clock.turn(30_000)
    expect(world.node?.status()).toMatchObject({ ready: false, poisoned: [{ deaths: 2 }] })
    slow.resolve()
    expect(await booting).toBe(true)
    expect(world.sink.content).toEqual(['routes/a="good"'])
  })

  it('is tried again by a new build', async () => {
    await goodAndDeadly()
    await boot({ live: refusing })
    await boot({ live: refusing })
    deadly.clear()
    expect(await boot({ live: refusing, poison: { note, build: '2' } })).toBe(true)
    expect(world.sink.content).toEqual(['routes/a="deadly"'])
  })

  describe('in its instance half', () => {
    const instanceOf = (value: string): Entry[] => [{ kind: 'plugin_metadata', id: 'p', value }]

    it('is passed over after two deaths, for the instance configuration before it with the same resources', async () => {
      await publish(world.published, { routes: [route('a')], instance: instanceOf('good'), revision: 90 })
      await publish(world.published, { routes: [route('a')], instance: instanceOf('deadly'), revision: 95 })
      deadly.add('deadly')
      expect(await boot({ live: refusing })).toBe(false)
      expect(await boot({ live: refusing })).toBe(false)
      expect(await boot({ live: refusing })).toBe(true)
      expect(world.sink.content).toEqual(['plugin_metadata/p="good"', 'routes/a=1'])
      await publish(world.published, { routes: [route('a')], instance: instanceOf('mended'), revision: 97 })
      await world.clock.turn(12_000)
      await world.serves(['plugin_metadata/p="mended"', 'routes/a=1'])
    })

    it('is passed over when resources that were published with it would not do without it', async () => {
      await publish(world.published, { routes: [route('a', 1)], instance: instanceOf('good'), revision: 90 })
      await publish(world.published, { routes: [route('a', 2)], instance: instanceOf('deadly'), revision: 95 })
      await publish(world.published, { routes: [route('a', 3)], instance: instanceOf('deadly'), revision: 96 })
      deadly.add('deadly')
      // Twice with the newest resources, twice with those before.
      for (let death = 0; death < 4; death++) expect(await boot({ live: refusing })).toBe(false)
      expect(await boot({ live: refusing })).toBe(true)
      expect(world.sink.content).toEqual(['plugin_metadata/p="good"', 'routes/a=1'])
    })

    it('is passed over when it was published alone, for the one before it', async () => {
      await publish(world.published, { routes: [route('a')], instance: instanceOf('good'), revision: 90 })
      const publication = await world.published.instance.begin()
      const position = { epoch: 1_000, revision: 95 }
      await publication.publish({ entries: instanceOf('deadly'), position, source: { identity: 'cp' } })
      deadly.add('deadly')
      for (let death = 0; death < 2; death++) expect(await boot({ live: refusing })).toBe(false)
      expect(await boot({ live: refusing })).toBe(true)
      expect(world.sink.content).toEqual(['plugin_metadata/p="good"', 'routes/a=1'])
    })

    it('is passed over when it comes from the control plane, for what this node served last', async () => {
      world.live.put('instance', { kind: 'plugin_metadata', id: 'p', value: 'good' })
      expect(await boot({ stores: [] })).toBe(true)
      await world.clock.turn(3_000)
      await world.node?.stop()
      world.live.put('instance', { kind: 'plugin_metadata', id: 'p', value: 'deadly' })
      deadly.add('deadly')
      for (let death = 0; death < 2; death++) expect(await boot({ stores: [] })).toBe(false)
      expect(await boot({ stores: [] })).toBe(true)
      expect(world.sink.content).toEqual(['plugin_metadata/p="good"', 'routes/a=1'])
    })
  })

  it('is not one that served, however often the process is killed later', async () => {
    await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
    for (let kill = 0; kill < 4; kill++) {
      expect(await boot({ live: refusing })).toBe(true)
      await world.clock.turn(60 * minute)
      // Killed: nobody stops it in good order, and what was written is what there is.
      const killed = text
      await world.node?.stop()
      text = killed
    }
    expect(await boot({ live: refusing })).toBe(true)
    expect(world.sink.content).toEqual(['routes/a="good"'])
  })

  it('is forgiven one death when it serves the next time', async () => {
    await goodAndDeadly()
    for (let round = 0; round < 3; round++) {
      deadly.add('deadly')
      expect(await boot({ live: refusing })).toBe(false)
      deadly.clear()
      expect(await boot({ live: refusing })).toBe(true)
      expect(world.sink.content).toEqual(['routes/a="deadly"'])
      await world.clock.turn(2_000)
      await world.node?.stop()
    }
  })

  it('is blamed for a death within a second after it took effect, and no local copy is made of it before', async () => {
    await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
    expect(await boot({ live: refusing })).toBe(true)
    const startedAt = world.clock.now()
    await world.clock.turn(900)
    expect(JSON.parse(text ?? '')).toMatchObject({ applying: { digest: world.node?.status().digest } })
    expect(await remoteStore(world.disk, world.clock).resources.latest()).toBeUndefined()
    await world.clock.turn(200)
    expect(JSON.parse(text ?? '')).toEqual({ format: 1, build: '1', suspects: [] })
    await world.clock.turn(1_000)
    await until(() => Number(world.node?.status().sources.local?.lastSuccessAt) > startedAt, 'the copy was written')
    expect((await remoteStore(world.disk, world.clock).resources.latest())?.manifest.position.revision).toBe(90)
  })

  it('is not one during which the node was stopped in good order', async () => {
    await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
    for (let round = 0; round < 4; round++) {
      expect(await boot({ live: refusing })).toBe(true)
      await world.node?.stop()
      expect(JSON.parse(text ?? '')).toEqual({ format: 1, build: '1', suspects: [] })
    }
  })

  it('is not one that the sink refuses in good order', async () => {
    await goodAndDeadly()
    deadly.clear()
    world.sink.failure = new Error('no memory left')
    world.start({ live: refusing, poison })
    await until(() => world.node?.status().applyError !== undefined, 'the sink refused')
    await until(() => text === '{"format":1,"build":"1","suspects":[]}\n', 'nothing is suspected')
    expect(world.node?.status().poisoned).toEqual([])
  })

  it('does not keep local copies from being made while changes never cease', async () => {
    expect(await boot({ stores: [] })).toBe(true)
    for (let round = 0; round < 40; round++) {
      world.live.put('resources', route('a', `round ${round}`))
      await world.clock.turn(100)
    }
    const store = remoteStore(world.disk, world.clock).resources
    expect((await store.latest())?.manifest.position.revision).toBeGreaterThan(100)
  })

  it.each([
    ['cannot be written', new Error('ENOSPC'), 'ENOSPC'],
    ['hangs', 'hangs' as const, 'no answer within 1000 ms'],
  ])('is no reason to wait or to fail when the note about it %s', async (_what, failure, message) => {
    noteFails = failure
    const node = world.start({ poison })
    await world.clock.turn(1_500)
    await world.started
    expect(node.status().poisonNoteError?.message).toBe(message)
    // Not once more for each change: an outage of the disk costs one deadline now and then.
    const turned = world.clock.now()
    world.live.put('resources', route('b'))
    await world.serves(['routes/a=1', 'routes/b=1'])
    expect(world.clock.now()).toBe(turned)
    noteFails = undefined
    resume.resolve()
    await world.clock.turn(11_000)
    expect(node.status().poisonNoteError).toBeUndefined()
    // As it is now, without another change.
    expect(JSON.parse(text ?? '')).toEqual({ format: 1, build: '1', suspects: [] })
    world.live.put('resources', route('c'))
    await world.serves(['routes/a=1', 'routes/b=1', 'routes/c=1'])
  })

  it('is remembered when the note could not be read at the start', async () => {
    const broken = { ...note, read: async () => Promise.reject(new Error('EIO')) }
    const node = world.start({ poison: { note: broken, build: '1' } })
    await world.started
    expect(JSON.parse(text ?? '')).toMatchObject({ applying: { digest: node.status().digest } })
    expect(node.status().poisonNoteError).toBeUndefined()
  })

  it.each(['', 'rotten', '{"format":2}', '{"format":1,"build":"1","suspects":[{}]}', 'null'])(
    'is forgotten when the note is damaged: %j',
    async (damaged) => {
      text = damaged
      await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
      expect(await boot({ live: refusing })).toBe(true)
      expect(world.log).toContainEqual(
        expect.objectContaining({ level: 'warn', message: expect.stringContaining('would not be remembered') }),
      )
    },
  )
})

function without({ poison: _poison, ...options }: NonNullable<Parameters<World['start']>[0]>): typeof options {
  return options
}

describe('a node without a note', () => {
  it('tries every configuration, and says that nothing is passed over', async () => {
    const world = new World()
    const node = createDataPlane({ live: world.live, stores: [], sink: world.sink, clock: world.clock })
    await node.start()
    expect(node.status()).toMatchObject({ poisoned: [], poisonNoteError: undefined })
    await node.stop()
  })
})
