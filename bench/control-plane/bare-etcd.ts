import { pageSize, residentMiB, type Side } from './side.ts'
import { startDurableEtcd } from './durable-etcd.ts'

const prefix = '/gateway_groups/default'

/** An etcd that clients and data planes reach without anything before it. */
export async function startBareEtcd(size: number): Promise<Side> {
  const { etcd, writer } = await startDurableEtcd(prefix, size)
  const page = {
    key: Buffer.from(`${prefix}/routes/`).toString('base64'),
    range_end: Buffer.from(`${prefix}/routes0`).toString('base64'),
    limit: String(pageSize),
  }
  return {
    name: 'etcd',
    api: { endpoint: etcd.endpoint, prefix },
    listPage: async () => {
      const response = await fetch(`${etcd.endpoint}/v3/kv/range`, { method: 'POST', body: JSON.stringify(page) })
      await response.text()
      if (!response.ok) throw new Error(`etcd answered ${String(response.status)}`)
    },
    write: async (entry) => {
      await writer.write([{ type: 'replace', entry }], { since: Number.MAX_SAFE_INTEGER - 1 })
    },
    memoryMiB: async () => residentMiB([etcd.pid]),
    stop: async () => etcd.stop(),
  }
}
