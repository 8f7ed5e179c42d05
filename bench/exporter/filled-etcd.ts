import { etcdSource, etcdWriter } from '@outlast/source-etcd'
import { startEtcd } from '@outlast/test-servers'
import { sampleRoute } from '../snapshot/sample-route.ts'

const prefix = '/apisix'
const changesPerTransaction = 64

/** A real etcd with routes. */
export interface FilledEtcd {
  readonly endpoint: string
  readonly source: ReturnType<typeof etcdSource>
  /** Changes one route; resolves once etcd has committed it. */
  change(): Promise<void>
  stop(): Promise<void>
}

export async function startFilledEtcd(size: number): Promise<FilledEtcd> {
  const etcd = await startEtcd({ flags: ['--quota-backend-bytes=4294967296'] })
  const options = { endpoints: [etcd.endpoint], prefix, timeoutMs: 60_000 }
  const source = etcdSource(options)
  const writer = etcdWriter(options)
  let version = 0
  const write = async (type: 'create' | 'replace', indexes: readonly number[]): Promise<void> => {
    const changes = indexes.map((index) => ({ type, entry: sampleRoute(index, version) }) as const)
    const outcome = await writer.write(changes, { since: Number.MAX_SAFE_INTEGER - 1 })
    if (outcome === 'conflict') throw new Error('etcd has refused a change')
  }
  for (let start = 0; start < size; start += changesPerTransaction) {
    const length = Math.min(changesPerTransaction, size - start)
    await write(
      'create',
      Array.from({ length }, (_none, index) => start + index),
    )
  }
  return {
    endpoint: etcd.endpoint,
    source,
    async change() {
      version += 1
      await write('replace', [(version * 31) % size])
    },
    stop: async () => etcd.stop(),
  }
}
