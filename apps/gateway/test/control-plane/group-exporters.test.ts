import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entryCount, silentLogger, systemClock } from '@outlast/snapshot'
import { expect, it, onTestFinished } from 'vitest'

import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import { backupPlan, type BackupPlan } from '../../src/control-plane/backups.ts'
import { followGroups } from '../../src/control-plane/follow-groups.ts'
import { groupExporters, type GroupExporters } from '../../src/control-plane/group-exporters.ts'
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
function backUp(store: ConfigStore, plan: BackupPlan): GroupExporters {
  const stop = new AbortController()
  const { signal } = stop
  const role = groupExporters({ store, plan, logger: silentLogger, signal })
  const followed = followGroups({ store, role, logger: silentLogger, clock: systemClock, signal })
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
