import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Destination } from './destinations.ts'
import type { FilledEtcd } from './filled-etcd.ts'
import { measure, type Side } from './operations.ts'

/**
 * What gateways do that dump their configuration into a bucket, each time its interval is over: read everything, write it
 * as JSON, gzip it, overwrite one object. The interval (10 to 60 s) comes on top, and is not counted.
 */
export async function measurePeersWay(etcd: FilledEtcd, destination: Destination): Promise<Side> {
  const storage = await destination.open('peer')
  const exportAll = async (): Promise<undefined> => {
    const { resources } = await etcd.source.load()
    await storage.put('configuration.json.gz', await promisify(gzip)(JSON.stringify(resources)))
  }
  const run = async (repetitions: number, prepare?: () => Promise<unknown>) =>
    measure({ repetitions, bytesPut: () => storage.bytesPut, prepare, work: exportAll })
  return {
    'first export': await run(3),
    'one change': await run(5, async () => etcd.change()),
    'unchanged tick': await run(5),
  }
}
