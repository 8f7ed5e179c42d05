import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { etcdSource } from '@outlast/source-etcd'
import type { ConfigSource } from '@outlast/snapshot'
import { freePort, startEtcd, type Etcd } from '@outlast/test-servers'
import { base64, etcdClient } from '../../control-plane/etcd-client.ts'
import type { Cell } from './cells.ts'

/** What stands behind a control plane's address: itself, itself from an older backup, itself wiped, or another cluster. */
export type Lineage = 'current' | 'older' | 'empty' | 'other'

/** Where a state of the control plane is one of its own; else the current one stands there. */
export const lineageOf: { readonly [state in Cell['controlPlane']]?: Lineage } = {
  empty: 'empty',
  older: 'older',
  'other identity': 'other',
}

/** Below it is the configuration. */
export const etcdPrefix = '/apisix'

/** Real etcds in one folder each. */
export interface ControlPlanes {
  /** Starts the one with this lineage, from what it has on its disk. */
  start(lineage: Lineage, clientPort?: number): Promise<Etcd>
  /** Makes what the current one has on its disk what the older one is to have. It must not run. */
  backUp(): Promise<void>
  /** The same ones once more, with what they have on their disks now. None may run. */
  copy(name: string): Promise<ControlPlanes>
  /** Ends all that run. */
  stop(): Promise<void>
}

export async function createControlPlanes(folder: string): Promise<ControlPlanes> {
  return controlPlanesIn(join(folder, 'control-planes'), { own: await freePort(), other: await freePort() })
}

function controlPlanesIn(folder: string, peers: { readonly own: number; readonly other: number }): ControlPlanes {
  const running: Etcd[] = []
  return {
    async start(lineage, clientPort) {
      // The same peer address makes the same cluster id, on an empty disk too.
      const peer = `http://127.0.0.1:${lineage === 'other' ? peers.other : peers.own}`
      const flags = [`--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`]
      const etcd = await startEtcd({ dataDir: join(folder, lineage), clientPort, flags })
      running.push(etcd)
      return etcd
    },
    backUp: async () => cp(join(folder, 'current'), join(folder, 'older'), { recursive: true }),
    async copy(name) {
      await cp(folder, `${folder}-${name}`, { recursive: true })
      return controlPlanesIn(`${folder}-${name}`, peers)
    },
    async stop() {
      await Promise.all(running.map((etcd) => etcd.stop()))
    },
  }
}

export async function putRoute(etcd: Etcd, id: string, route: object): Promise<void> {
  const { status } = await etcdClient(etcd.endpoint).post('/v3/kv/put', {
    key: base64(`${etcdPrefix}/routes/${id}`),
    value: base64(JSON.stringify(route)),
  })
  if (status !== 200) throw new Error(`etcd answers a put with ${status}`)
}

export function sourceOf(etcd: Etcd): ConfigSource {
  return etcdSource({ endpoints: [etcd.endpoint], prefix: etcdPrefix })
}
