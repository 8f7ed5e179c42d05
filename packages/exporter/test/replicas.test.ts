import '@outlast/virtual-time/at-once'
import { snapshotStore, type Domain } from '@outlast/snapshot'
import { memoryStorage, type StorageAdapter, type StorageReader } from '@outlast/storage'
import { faultyStorage, type Fault, type FaultyCall } from '@outlast/storage-testkit'
import { settled } from '@outlast/virtual-time'
import { afterEach, describe, expect, it } from 'vitest'
import type { Exporter, ExporterOptions, ReplicaOptions } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

/** A replica in memory, that can be broken, and tells what was asked of it. */
function replicaRig(name: string, options: Partial<ReplicaOptions> = {}) {
  const memory = { resources: memoryStorage(), instance: memoryStorage() }
  const calls: string[] = []
  let inFlight = 0
  const state: { fault: ((domain: Domain, call: FaultyCall) => Fault | undefined) | undefined; most: number } = {
    fault: undefined,
    most: 0,
  }
  const open = (domain: Domain): StorageAdapter => {
    const faulty = faultyStorage(memory[domain], {
      onCall: (call) => {
        calls.push(`${domain} ${call.operation} ${call.key}`)
        return state.fault?.(domain, call)
      },
    })
    return {
      ...faulty,
      async put(...call) {
        state.most = Math.max(state.most, ++inFlight)
        return await faulty.put(...call).finally(() => inFlight--)
      },
    }
  }
  return {
    memory,
    calls,
    state,
    options: { name, resources: open('resources'), instance: open('instance'), ...options },
  }
}

async function contents(storage: StorageReader): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const key of storage.list('')) {
    const { bytes } = (await storage.get(key)) ?? {}
    found[key] = Buffer.from(bytes ?? []).toString('base64')
  }
  return found
}

describe('replicas', () => {
  const started: Exporter[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (exporter) => exporter.stop()))
  })
  const startWith = async (
    replicas: readonly ReplicaOptions[],
    options: Partial<ExporterOptions> = {},
  ): Promise<ExporterRig> => {
    const rig = exporterRig({ replicas, ...options })
    started.push(rig.exporter)
    rig.source.put('instance', keyring('k'))
    rig.source.put('resources', route('a'))
    await rig.exporter.start()
    return rig
  }
  const ids = async (rig: ExporterRig, memory: Readonly<Record<Domain, StorageAdapter>>): Promise<string[]> => {
    const { resources } = snapshotStore({ group: 'default', ...memory, clock: rig.clock })
    const latest = await resources.latest()
    return latest === undefined ? [] : (await resources.load(latest.manifest)).entries.map(({ id }) => id)
  }
  /** Turns the clock until the replica has these ids. */
  const reaches = async (rig: ExporterRig, memory: Readonly<Record<Domain, StorageAdapter>>, expected: string[]) => {
    await rig.clock.turnUntil(async () => expect(await ids(rig, memory)).toStrictEqual(expected))
  }

  it('get a verbatim copy after every publication: instance before resources, parts before manifests', async () => {
    const replica = replicaRig('berlin')
    const rig = await startWith([replica.options])
    await reaches(rig, replica.memory, ['a'])
    rig.source.put('resources', route('b'))
    await reaches(rig, replica.memory, ['a', 'b'])

    const writes = replica.calls.filter((call) => call.includes(' put ') && !call.includes('probe'))
    const places = writes.map((call) => call.replace(/ put groups\/default\/\w+\//, ' ').replace(/[\w-]{20,}/, 'id'))
    expect(places.slice(0, 6)).toStrictEqual([
      expect.stringMatching(/^instance parts\//),
      'instance manifests/000000000001.json',
      'instance head.json',
      expect.stringMatching(/^resources parts\//),
      'resources manifests/000000000001.json',
      'resources head.json',
    ])
    await rig.exporter.replicateOnce()
    for (const domain of ['resources', 'instance'] as const) {
      const original = await contents(rig.memory[domain])
      const copy = await contents(replica.memory[domain])
      for (const [key, bytes] of Object.entries(original)) expect([key, copy[key]]).toStrictEqual([key, bytes])
    }
    expect(rig.exporter.status().replicas).toMatchObject([
      {
        name: 'berlin',
        lastSuccessAt: rig.clock.now(),
        domains: {
          instance: { status: 'current', sequence: 1, lag: { sequences: 0, ms: 0 } },
          resources: { status: 'current', sequence: 2, lag: { sequences: 0, ms: 0 } },
        },
        copied: { snapshots: 3 },
      },
    ])
  })

  it('have their heads moved on schedule, when nothing changes', async () => {
    const replica = replicaRig('berlin')
    const rig = await startWith([replica.options])
    await reaches(rig, replica.memory, ['a'])
    const head = async () => {
      const { bytes } = (await replica.memory.resources.get('groups/default/resources/head.json')) ?? {}
      return Date.parse(/"checkedAt":"([^"]+)"/.exec(String(bytes && Buffer.from(bytes)))?.[1] ?? '')
    }
    for (let minute = 0; minute < 10; minute++) await rig.clock.turn(60_000)
    await settled()
    expect(rig.clock.now() - (await head())).toBeLessThanOrEqual(130_000)
  })

  it('that hang delay neither an export nor each other', async () => {
    const dead = replicaRig('dead')
    const alive = replicaRig('alive')
    dead.state.fault = () => 'hang'
    const rig = await startWith([dead.options, alive.options])
    const begunAt = rig.clock.now()
    expect(await rig.backup()).toStrictEqual(['a'])
    rig.source.put('resources', route('b'))
    await reaches(rig, alive.memory, ['a', 'b'])
    expect(rig.clock.now() - begunAt).toBeLessThan(1_000)
    expect(rig.exporter.status().replicas).toMatchObject([
      { name: 'dead', domains: { resources: { lag: { sequences: undefined, ms: expect.any(Number) } } } },
      { name: 'alive', domains: { resources: { lag: { sequences: 0, ms: 0 } } } },
    ])
  })

  it('are asked with growing pauses while they fail, and catch up by themselves afterwards', async () => {
    const replica = replicaRig('berlin')
    const rig = await startWith([replica.options])
    await reaches(rig, replica.memory, ['a'])
    replica.state.fault = () => 'fail-before'
    const failedAt = rig.clock.now()
    replica.calls.length = 0
    // Ten minutes with a change each second.
    for (let second = 0; second < 600; second++) {
      rig.source.put('resources', route('b', second))
      await rig.exporter.exportOnce()
      await rig.clock.turn(1_000)
    }
    // Every change asks for a copy; the pauses of five seconds stand, and each attempt breaks off early.
    expect(replica.calls.length).toBeGreaterThan(20)
    expect(replica.calls.length).toBeLessThan(300)
    const sequence = rig.exporter.status().domains.resources.sequence ?? 0
    const [behind] = rig.exporter.status().replicas
    expect(sequence).toBeGreaterThan(500)
    expect(behind?.lastError?.message).toMatch(/planned failure/)
    expect(behind?.domains.resources.lag.sequences).toBe(sequence - 1)
    expect(behind?.domains.resources.lag.ms).toBeGreaterThan(rig.clock.now() - failedAt - 5_000)

    replica.state.fault = undefined
    await reaches(rig, replica.memory, ['a', 'b'])
    await rig.clock.turnUntil(() => {
      expect(rig.exporter.status().replicas[0]?.domains.resources.lag).toStrictEqual({ sequences: 0, ms: 0 })
    })
    const copy = snapshotStore({ group: 'default', ...replica.memory }).resources
    expect(await copy.sequences()).toHaveLength(sequence)
  })

  it('are copied to once at a time, whatever asks for it', async () => {
    const replica = replicaRig('berlin')
    const rig = await startWith([replica.options])
    replica.state.fault = () => ({ delayMs: 5 })
    for (let count = 0; count < 10; count++) {
      rig.source.put('resources', route('b', count))
      await rig.exporter.exportOnce()
      void rig.exporter.replicateOnce()
    }
    await rig.exporter.replicateOnce()
    expect(await ids(rig, replica.memory)).toStrictEqual(['a', 'b'])
    expect(replica.state.most).toBe(1)
  })

  it('get no resources that need an instance snapshot which could not be copied', async () => {
    const replica = replicaRig('berlin')
    replica.state.fault = (domain, { operation }) =>
      domain === 'instance' && operation === 'put' ? 'fail-before' : undefined
    const rig = await startWith([replica.options])
    for (let second = 0; second < 30; second++) await rig.clock.turn(1_000)
    expect(await ids(rig, replica.memory)).toStrictEqual([])
    replica.state.fault = undefined
    await reaches(rig, replica.memory, ['a'])
  })

  it('that hold something else are left alone, and told about', async () => {
    const replica = replicaRig('berlin')
    const foreign = exporterRig()
    foreign.source.put('resources', route('foreign'))
    await foreign.another({ store: snapshotStore({ group: 'default', ...replica.memory }) }).exportOnce()
    const rig = await startWith([replica.options])
    await settled()
    expect(rig.exporter.status().replicas[0]?.domains.resources.status).toBe('diverged')
    for (let second = 0; second < 150; second++) await rig.clock.turn(1_000)
    expect(replica.calls.filter((call) => call.startsWith('resources put'))).toStrictEqual([])
    expect(rig.exporter.status().replicas[0]?.lastSuccessAt).toBeUndefined()
    expect(await ids(rig, replica.memory)).toStrictEqual(['foreign'])
  })

  it('are filled by one call without a running exporter', async () => {
    const replica = replicaRig('berlin')
    const rig = exporterRig({ replicas: [replica.options] })
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    expect(await rig.exporter.replicateOnce()).toMatchObject([{ name: 'berlin', copied: { snapshots: 1 } }])
    expect(await ids(rig, replica.memory)).toStrictEqual(['a'])
  })

  it('cannot be the store itself', () => {
    const storage = memoryStorage()
    const store = snapshotStore({ group: 'default', resources: storage, instance: storage })
    const rig = exporterRig()
    expect(() => rig.another({ store, replicas: [{ name: 'itself', resources: storage, instance: storage }] })).toThrow(
      TypeError,
    )
  })
})
