import '@outlast/virtual-time/at-once'
import { canonicalJson, entryKey, snapshotStore, type Domain, type Entry } from '@outlast/snapshot'
import { memoryStorage, StorageError } from '@outlast/storage'
import { faultyStorage, type Fault, type FaultyCall } from '@outlast/storage-testkit'
import { array, assert, asyncProperty, boolean, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { expect, it } from 'vitest'
import type { Exporter } from '../src/index.ts'
import { exporterRig, keyring, route } from './exporter-rig.ts'

const names = ['resources', 'instance'] as const
const domain = constantFrom(...names)
const id = constantFrom('a', 'b', 'c')
const answer = (code: 'denied' | 'no-space' | 'throttled'): Fault => ({
  error: new StorageError({ code, message: `the store answers ${code}` }),
})
const fault = constantFrom<Fault[]>(
  'fail-before',
  'fail-after',
  'truncate',
  'wrong-order',
  answer('denied'),
  answer('no-space'),
  answer('throttled'),
)
/** All calls fail, or those of one operation, or every so many. */
const faults = record({
  fault,
  only: constantFrom<(FaultyCall['operation'] | undefined)[]>(undefined, undefined, 'get', 'put', 'list'),
  every: integer({ min: 1, max: 4 }),
})

const step = oneof(
  { weight: 4, arbitrary: record({ type: constant('put' as const), id, value: nat(3) }) },
  record({ type: constant('delete' as const), id }),
  record({ type: constant('rekey' as const), value: nat(3) }),
  record({ type: constant('wipe' as const) }),
  record({ type: constant('source-fails' as const) }),
  record({ type: constant('source-recovers' as const) }),
  record({ type: constant('storage-fails' as const), domain, faults }),
  record({ type: constant('storage-recovers' as const), domain }),
  record({ type: constant('replica-fails' as const), faults }),
  record({ type: constant('replica-recovers' as const) }),
  record({ type: constant('part-is-lost' as const), domain, isDamaged: boolean() }),
  record({ type: constant('restart' as const) }),
  { weight: 3, arbitrary: record({ type: constant('turn-clock' as const), ms: constantFrom(10, 500, 5_000, 90_000) }) },
  { weight: 2, arbitrary: record({ type: constant('other-exporter' as const) }) },
)
const plan = record({
  steps: array(step, { maxLength: 30, size: '+1' }),
  schedule: constantFrom('@every 1m', '@every 1s', '@yearly', '*/5 * * * * *', { everyMs: 700 }),
  isWatched: boolean(),
  isOtherRunning: boolean(),
  jitterMs: constantFrom(0, 5_000),
  newest: integer({ min: 1, max: 3 }),
})

/** Equal for equal content, in whatever order. */
const content = (entries: Iterable<Entry>): string =>
  canonicalJson(Object.fromEntries([...entries].map((entry) => [entryKey(entry), entry.value])))

const onCallOf = (chosen: { fault: Fault; only: FaultyCall['operation'] | undefined; every: number }) => {
  let count = 0
  return ({ operation }: FaultyCall): Fault | undefined => {
    if (chosen.only !== undefined && operation !== chosen.only) return undefined
    return count++ % chosen.every === 0 ? chosen.fault : undefined
  }
}

it('whatever happens, the newest snapshot is a state that the source had, in the end the newest one, and so is its copy', async () => {
  await assert(
    asyncProperty(plan, async ({ steps, schedule, isWatched, isOtherRunning, jitterMs, newest: kept }) => {
      const copy = { resources: memoryStorage(), instance: memoryStorage() }
      let replicaFault: ((call: FaultyCall) => Fault | undefined) | undefined
      const toReplica = (name: Domain) => faultyStorage(copy[name], { onCall: (call) => replicaFault?.(call) })
      const rig = exporterRig({
        schedule,
        jitterMs,
        verifyEveryMs: 120_000,
        replicas: [{ name: 'copy', resources: toReplica('resources'), instance: toReplica('instance') }],
        retention: { newest: kept, minutelyHours: 0, hourlyDays: 0, everyMs: 60_000 },
        ...(!isWatched && { source: { name: 'polled', load: async () => rig.source.load() } }),
      })
      const { source, clock, store } = rig
      const current = { resources: new Map<string, Entry>(), instance: new Map<string, Entry>() }
      const history = { resources: new Set([content([])]), instance: new Set([content([])]) }
      const note = (): void => {
        for (const name of names) history[name].add(content(current[name].values()))
      }
      const put = (name: Domain, entry: Entry): void => {
        current[name].set(entryKey(entry), entry)
        source.put(name, entry)
        note()
      }
      const newestIn = async (opened: typeof store, name: Domain): Promise<string | undefined> => {
        const latest = await opened[name].latest()
        return latest && content((await opened[name].load(latest.manifest)).entries)
      }
      const check = async (): Promise<void> => {
        for (const name of names) {
          for (const opened of [store, snapshotStore({ group: 'default', ...copy, clock })]) {
            const found = await newestIn(opened, name).catch(() => undefined)
            // What a broken storage cannot give is no wrong answer.
            expect(found === undefined || history[name].has(found)).toBe(true)
          }
        }
      }
      const losePart = async (name: Domain, isDamaged: boolean): Promise<void> => {
        for await (const key of rig.memory[name].list(`groups/default/${name}/parts/`)) {
          if (isDamaged) await rig.memory[name].put(key, Buffer.from('damaged'))
          else await rig.memory[name].delete(key)
          return
        }
      }

      let exporter: Exporter = rig.exporter
      const other = rig.another(isOtherRunning ? {} : { schedule: '@yearly' })
      // Whoever loses a race waits before it begins again.
      const turned = async (work: Promise<unknown>): Promise<void> => clock.turnUntilSettled(work)
      await turned(exporter.start())
      if (isOtherRunning) await turned(other.start())
      for (const action of steps) {
        if (action.type === 'put') put('resources', route(action.id, action.value))
        else if (action.type === 'rekey') put('instance', keyring(String(action.value)))
        else if (action.type === 'delete') {
          current.resources.delete(entryKey(route(action.id)))
          source.delete('resources', route(action.id))
          note()
        } else if (action.type === 'wipe') {
          current.resources.clear()
          current.instance.clear()
          source.replace({})
          note()
        } else if (action.type === 'source-fails') source.fail(new Error('planned failure of the source'))
        else if (action.type === 'source-recovers') source.fail(undefined)
        else if (action.type === 'storage-fails') rig.breakStorage(action.domain, onCallOf(action.faults))
        else if (action.type === 'storage-recovers') rig.breakStorage(action.domain, undefined)
        else if (action.type === 'replica-fails') replicaFault = onCallOf(action.faults)
        else if (action.type === 'replica-recovers') replicaFault = undefined
        else if (action.type === 'part-is-lost') await losePart(action.domain, action.isDamaged)
        else if (action.type === 'turn-clock') await clock.turn(action.ms)
        else if (action.type === 'restart') {
          await turned(exporter.stop())
          exporter = rig.another()
          await turned(exporter.start())
        } else await turned(other.exportOnce())
        await check()
      }

      source.fail(undefined)
      for (const name of names) rig.breakStorage(name, undefined)
      replicaFault = undefined
      put('resources', route('last'))
      put('instance', keyring('last'))
      exporter.trigger()
      const isFinal = async (): Promise<void> => {
        for (const name of names) {
          const final = content(current[name].values())
          for (const opened of [store, snapshotStore({ group: 'default', ...copy, clock })]) {
            expect(await newestIn(opened, name)).toBe(final)
          }
        }
      }
      await clock.turnUntil(isFinal, { stepMs: 10_000 })
      await turned(Promise.all([exporter.stop(), other.stop()]))
    }),
    { numRuns: 60 },
  )
})
