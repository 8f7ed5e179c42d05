import { startEtcd, type Etcd, type EtcdOptions } from '@outlast/test-servers'
import { onTestFinished } from 'vitest'

import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { etcdStore, type EtcdStoreOptions } from '../../src/control-plane/store/etcd-store.ts'

/** An etcd of the running test. */
export async function scratchEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const etcd = await startEtcd(options)
  onTestFinished(() => etcd.stop())
  return etcd
}

/** A store of the running test, on endpoints that exist. */
export function openEtcdStore(options: EtcdStoreOptions): ConfigStore {
  const store = etcdStore({ heartbeatMs: 50, ...options })
  onTestFinished(() => store.close())
  return store
}

/** A store of the running test, on a new etcd of its own. */
export async function scratchEtcdStore(options: Omit<EtcdStoreOptions, 'endpoints'> = {}): Promise<ConfigStore> {
  const { endpoint } = await scratchEtcd()
  return openEtcdStore({ ...options, endpoints: [endpoint] })
}
