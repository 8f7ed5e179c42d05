import { canonicalJson, entryKey, type Entry } from '@outlast/snapshot'
import { array, assert, asyncProperty, constant, constantFrom, nat, oneof, record } from 'fast-check'
import { expect, it } from 'vitest'
import { exporterRig, keyring, route } from './exporter-rig.ts'

const domain = constantFrom('resources' as const, 'instance' as const)
const step = oneof(
  { weight: 4, arbitrary: record({ type: constant('put' as const), id: constantFrom('a', 'b', 'c'), value: nat(3) }) },
  record({ type: constant('delete' as const), id: constantFrom('a', 'b', 'c') }),
  record({ type: constant('rekey' as const), value: nat(3) }),
  record({ type: constant('wipe' as const) }),
  record({ type: constant('source-fails' as const) }),
  record({ type: constant('source-recovers' as const) }),
  record({
    type: constant('storage-fails' as const),
    domain,
    fault: constantFrom('fail-before' as const, 'fail-after' as const, 'truncate' as const),
  }),
  record({ type: constant('storage-recovers' as const), domain }),
  { weight: 2, arbitrary: record({ type: constant('turn-clock' as const), ms: constantFrom(10, 500, 90_000) }) },
  record({ type: constant('other-exporter' as const) }),
)

/** Equal for equal content, in whatever order. */
const content = (entries: Iterable<Entry>): string =>
  canonicalJson(Object.fromEntries([...entries].map((entry) => [entryKey(entry), entry.value])))

it('the newest snapshot is always a state that the source had, and in the end the newest one', async () => {
  await assert(
    asyncProperty(array(step, { maxLength: 25 }), async (steps) => {
      const rig = exporterRig()
      const { source, exporter, clock, store } = rig
      const current = { resources: new Map<string, Entry>(), instance: new Map<string, Entry>() }
      const history = { resources: new Set([content([])]), instance: new Set([content([])]) }
      const note = (): void => {
        history.resources.add(content(current.resources.values()))
        history.instance.add(content(current.instance.values()))
      }
      const put = (name: 'resources' | 'instance', entry: Entry): void => {
        current[name].set(entryKey(entry), entry)
        source.put(name, entry)
        note()
      }
      const newest = async (name: 'resources' | 'instance'): Promise<string | undefined> => {
        const latest = await store[name].latest()
        return latest && content((await store[name].load(latest.manifest)).entries)
      }
      const check = async (): Promise<void> => {
        for (const name of ['resources', 'instance'] as const) {
          const found = await newest(name).catch(() => undefined)
          // What a broken storage cannot give is no wrong answer.
          expect(found === undefined || history[name].has(found)).toBe(true)
        }
      }

      const other = rig.another({ schedule: '@yearly' })
      await exporter.start()
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
        else if (action.type === 'storage-fails') rig.breakStorage(action.domain, action.fault)
        else if (action.type === 'storage-recovers') rig.breakStorage(action.domain, undefined)
        else if (action.type === 'turn-clock') await clock.advance(action.ms)
        else {
          // It may lose several races, and waits between them.
          await clock.turnUntilSettled(other.exportOnce())
        }
        await check()
      }

      source.fail(undefined)
      rig.breakStorage('resources', undefined)
      rig.breakStorage('instance', undefined)
      put('resources', route('last'))
      put('instance', keyring('last'))
      const isFinal = async (): Promise<boolean> => {
        await clock.advance(10_000)
        return (
          (await newest('resources')) === content(current.resources.values()) &&
          (await newest('instance')) === content(current.instance.values())
        )
      }
      await expect.poll(isFinal, { interval: 1, timeout: 5_000 }).toBe(true)
      await exporter.stop()
    }),
    { numRuns: 200 },
  )
})
