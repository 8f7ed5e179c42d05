import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { entryKey, type Entry } from '@outlast/snapshot'
import { countingStorage } from './counting-storage.ts'
import { measure, type Measurement } from './measure.ts'
import { repetitionsOf, type Operation, type Side } from './operations.ts'
import { sampleRoute } from './sample-route.ts'

/** What gateways do that dump their configuration into a bucket: write everything as JSON, gzip it, overwrite one object. */
export async function measurePeersWay(size: number): Promise<Side> {
  const storage = countingStorage()
  const entries = new Map<string, Entry>()
  const put = (entry: Entry): void => {
    entries.set(entryKey(entry), entry)
  }
  for (let index = 0; index < size; index += 1) put(sampleRoute(index))
  let version = 0
  const change = (count: number): void => {
    version += 1
    for (let index = 0; index < count; index += 1) put(sampleRoute((index * 97 + version * 31) % size, version))
  }
  const exportAll = async (): Promise<void> => {
    const bytes = await promisify(gzip)(JSON.stringify([...entries.values()]))
    await storage.put('configuration.json.gz', bytes)
  }
  const loadAll = async (): Promise<void> => {
    const object = await storage.get('configuration.json.gz')
    if (object === undefined) throw new Error('There is no object')
    const loaded: unknown = JSON.parse((await promisify(gunzip)(object.bytes)).toString())
    if (!Array.isArray(loaded) || loaded.length !== size) throw new Error('The object is not whole')
  }
  const run = async (
    operation: Operation,
    work: () => Promise<unknown>,
    prepare?: () => unknown,
  ): Promise<Measurement> => measure({ storage, repetitions: repetitionsOf(operation), prepare, work })

  return {
    measurements: {
      'first export': await run('first export', exportAll),
      'one change': await run('one change', exportAll, () => {
        change(1)
      }),
      '1 % changed': await run('1 % changed', exportAll, () => {
        change(size / 100)
      }),
      'unchanged tick': await run('unchanged tick', exportAll),
      'full load': await run('full load', loadAll),
      'catch-up after one change': await run('catch-up after one change', loadAll, async () => {
        change(1)
        await exportAll()
      }),
    },
    keptMiB: 0,
  }
}
