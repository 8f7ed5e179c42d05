import { sqliteStore } from '../../apps/gateway/src/control-plane/store/sqlite-store.ts'
import { sampleRoute } from '../snapshot/sample-route.ts'
import { startDurableEtcd } from './durable-etcd.ts'
import { runControlPlane } from './running-control-plane.ts'
import { residentMiB, type Side } from './side.ts'

const routesAtOnce = 128

/** A control plane on its embedded store. */
export async function startOnSqlite(size: number): Promise<Side> {
  const { api, listPage, write, pid, stop } = await runControlPlane({ fill: async (path) => fillSqlite(path, size) })
  return { name: 'CP, sqlite', api, listPage, write, memoryMiB: async () => residentMiB([pid()]), stop }
}

/** A control plane on an etcd of one member. Memory is that of both. */
export async function startOnEtcd(size: number): Promise<Side> {
  const { etcd } = await startDurableEtcd('/gateway_groups/default', size)
  try {
    const { api, listPage, write, pid, stop } = await runControlPlane({
      store: `{ etcd: { host: ['${etcd.endpoint}'] } }`,
    })
    return {
      name: 'CP, etcd',
      api,
      listPage,
      write,
      memoryMiB: async () => residentMiB([pid(), etcd.pid]),
      stop: async () => {
        await stop()
        await etcd.stop()
      },
    }
  } catch (error) {
    await etcd.stop()
    throw error
  }
}

export async function fillSqlite(path: string, size: number): Promise<void> {
  const store = sqliteStore({ path })
  try {
    for (let start = 0; start < size; start += routesAtOnce) {
      const indexes = Array.from({ length: Math.min(routesAtOnce, size - start) }, (_none, index) => start + index)
      await store.transaction({
        operations: indexes.map((index) => {
          const { kind, id, value } = sampleRoute(index)
          return { type: 'put', key: `/gateway_groups/default/${kind}/${id}`, value: JSON.stringify(value) }
        }),
      })
    }
  } finally {
    await store.close()
  }
}
