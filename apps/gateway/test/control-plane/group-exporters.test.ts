import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entryCount, silentLogger, snapshotStore, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import { keyringKeysOf } from '@outlast/snapshot/apisix'
import { memoryStorage } from '@outlast/storage'
import { faultyStorage } from '@outlast/storage-testkit'
import { expect, it, onTestFinished } from 'vitest'

import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import { backupPlan, storesOf, type BackupPlan } from '../../src/control-plane/backups.ts'
import { configStoreSource } from '../../src/control-plane/config-store-source.ts'
import { followGroups } from '../../src/control-plane/follow-groups.ts'
import { groupExporters, type GroupExporters } from '../../src/control-plane/group-exporters.ts'
import { notedBackups } from '../../src/control-plane/noted-backups.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { adminClient } from './admin-client.ts'

const routes = 'routes/1?gateway_group_id=edge'
const group = 'gateway_groups/edge'
const patience = { timeout: 10_000 }

/** How a control plane backs its groups up into a folder of the running test. */
async function planOf(folder: string): Promise<BackupPlan> {
  const lines = ['fallback_cp:', '  interval: 1', `  filesystem: { path: ${JSON.stringify(folder)} }`]
  const file = parseConfigFile('conf.yaml', lines.join('\n'), {})
  return backupPlan(file, controlPlaneConfig(file, { data: folder }), silentLogger)
}

/** Backs up the groups of a store until the test ends. */
function backUp(
  store: ConfigStore,
  plan: BackupPlan,
  { logger = silentLogger, clock = systemClock }: { readonly logger?: Logger; readonly clock?: Clock } = {},
): GroupExporters {
  const stop = new AbortController()
  const { signal } = stop
  const role = groupExporters({ store, plan, logger, signal })
  const followed = followGroups({ store, role, logger, clock, signal })
  onTestFinished(async () => {
    stop.abort()
    await followed
    await role.close()
  })
  return role
}

it('Control planes that share a store for backups leave each other alone as long as their groups are others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-groups-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const name of ['one', 'two']) {
    const { call, store } = await adminClient()
    const exporters = backUp(store, await planOf(folder))
    await call('PUT', `gateway_groups/${name}`, {})
    await expect.poll(() => exporters.status()[name]?.lastSuccessAt, patience).toBeDefined()
    expect(Object.keys(exporters.status())).toEqual([name])
  }
})

it('A gateway group that is deleted, emptied, or created on a new control plane keeps what its backup has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-groups-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const plan = await planOf(folder)
  const newest = async () => {
    const latest = await plan('edge')?.destination.store.resources.latest()
    return latest && { sequence: latest.manifest.sequence, entries: entryCount(latest.manifest) }
  }
  const { call, store } = await adminClient()
  const exporters = backUp(store, plan)
  const edge = () => exporters.status()['edge']

  await call('PUT', group, {})
  await call('PUT', routes, { uri: '/', upstream: { nodes: {} } })
  await expect.poll(newest, patience).toMatchObject({ entries: 1 })
  const kept = await newest()

  await call('DELETE', `${group}?force=true`)
  await expect.poll(edge, patience).toBeUndefined()
  await call('PUT', group, {})
  await expect.poll(() => edge()?.lastSuccessAt, patience).toBeDefined()
  expect(await newest()).toEqual(kept)

  await call('DELETE', routes)
  await expect.poll(() => edge()?.domains.resources.held, patience).toBeDefined()
  expect((await call('DELETE', group)).status).toBe(200)
  await expect.poll(edge, patience).toBeUndefined()
  await call('PUT', group, {})
  await expect.poll(() => edge()?.domains.resources.held, patience).toBeDefined()
  expect(await newest()).toEqual(kept)

  const rebuilt = await adminClient()
  const others = backUp(rebuilt.store, await planOf(folder))
  await rebuilt.call('PUT', group, {})
  await expect.poll(() => others.status()['edge']?.domains.resources.held, patience).toBeDefined()
  expect(await newest()).toEqual(kept)
})

it('A gateway group whose backup cannot be asked gets its keyring once it can; the log has the reason once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-groups-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const storage = memoryStorage()
  const keyring = { kind: 'keyring', id: 'kept', value: { keyring: ['0123456789abcdef'] } }
  const publication = await snapshotStore({ group: 'edge', resources: storage, instance: storage }).instance.begin()
  const position = { epoch: 1, revision: 1 }
  await publication.publish({ entries: [keyring], position, source: { identity: 'etcd:gone' } })

  let isDown = true
  const asked = faultyStorage(storage, { onCall: () => (isDown ? 'fail-before' : undefined) })
  const backup = snapshotStore({ group: 'edge', resources: asked, instance: asked })
  const plan = await planOf(folder)
  const planned: BackupPlan = (name) => {
    const found = plan(name)
    return found && { ...found, destination: { ...found.destination, store: backup } }
  }
  const reasons: object[] = []
  const logger = { ...silentLogger, error: (fields: object) => void reasons.push(fields) }
  let retries = 0
  const sleep: Clock['sleep'] = async (_milliseconds, options) => {
    retries += 1
    await systemClock.sleep(10, options)
  }
  const { call, store } = await adminClient()
  backUp(store, planned, { logger, clock: { ...systemClock, sleep } })
  await call('PUT', group, {})
  const keys = async () => keyringKeysOf((await configStoreSource(store, 'edge').load()).instance)
  await expect.poll(() => retries, patience).toBeGreaterThan(3)
  const reason = expect.stringContaining('cannot be asked for the keyring')
  expect(reasons).toEqual([{ group: 'edge', change: 'start', reason }])
  expect(await keys()).toEqual([])
  isDown = false
  await expect.poll(keys, patience).toEqual(['0123456789abcdef'])
})

it('Where a gateway group is backed up to, replicas included, is noted for the other control planes of the store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-groups-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [first, second] = [join(folder, 'the first'), join(folder, 'the second')].map((path) => JSON.stringify(path))
  const replicas = ['  replicas:', `    - filesystem: { path: ${String(second)} }`]
  const lines = ['fallback_cp:', '  interval: 1', `  filesystem: { path: ${String(first)} }`, ...replicas]
  const file = parseConfigFile('conf.yaml', lines.join('\n'), {})
  const plan = await backupPlan(file, controlPlaneConfig(file, { data: folder }), silentLogger)
  const { call, store } = await adminClient()
  backUp(store, plan)
  await call('PUT', group, {})
  const names = storesOf(plan('edge')).map(({ name }) => name)
  expect(new Set(names).size).toBe(2)
  await expect.poll(async () => new Set(await notedBackups(store, 'edge')), patience).toEqual(new Set(names))
})
