import { startEtcd, type Etcd } from '@outlast/test-servers'
import { etcdWriter, type EtcdWriter } from '@outlast/source-etcd'
import { sampleRoute } from '../snapshot/sample-route.ts'

const routesAtOnce = 64

export interface DurableEtcd {
  readonly etcd: Etcd
  readonly writer: EtcdWriter
}

/** A real etcd of one member that waits for its disk as it does in production, with routes below the prefix. */
export async function startDurableEtcd(prefix: string, size: number): Promise<DurableEtcd> {
  const etcd = await startEtcd({ flags: ['--quota-backend-bytes=4294967296', '--unsafe-no-fsync=false'] })
  try {
    const writer = etcdWriter({ endpoints: [etcd.endpoint], prefix, timeoutMs: 60_000 })
    for (let start = 0; start < size; start += routesAtOnce) {
      const indexes = Array.from({ length: Math.min(routesAtOnce, size - start) }, (_none, index) => start + index)
      const changes = indexes.map((index) => ({ type: 'create', entry: sampleRoute(index) }) as const)
      if ((await writer.write(changes, { since: Number.MAX_SAFE_INTEGER - 1 })) === 'conflict') {
        throw new Error('etcd has refused a change')
      }
    }
    return { etcd, writer }
  } catch (error) {
    await etcd.stop()
    throw error
  }
}
