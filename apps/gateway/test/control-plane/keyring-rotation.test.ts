import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createDataPlane, type ConfigSink } from '@outlast/dataplane/importer'
import {
  entryKey,
  keyIdsIn,
  silentLogger,
  snapshotStore,
  systemClock,
  type Entry,
  type SnapshotStore,
} from '@outlast/snapshot'
import { fieldProtection, keyringOf } from '@outlast/snapshot/apisix'
import { fsStorage } from '@outlast/storage-fs'
import { expect, it, onTestFinished } from 'vitest'

import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import { backupPlan, storesOf } from '../../src/control-plane/backups.ts'
import { configStoreSource } from '../../src/control-plane/config-store-source.ts'
import { followGroups } from '../../src/control-plane/follow-groups.ts'
import { groupExporters } from '../../src/control-plane/group-exporters.ts'
import { adminClient, type AdminClient } from './admin-client.ts'
import { sampleResources } from './sample-resources.ts'
import { scratchStore } from './scratch-store.ts'

const keyring = 'gateway_groups/default/keyring'
const patience = { timeout: 20_000 }

async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-keyring-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A control plane that backs up to a folder, with a replica in another. */
async function backedUp(folder: string): Promise<{ readonly client: AdminClient; readonly backups: BackupPair }> {
  const place = (name: string): string => `filesystem: { path: ${JSON.stringify(join(folder, name))} }`
  const lines = ['fallback_cp:', '  interval: 1', `  ${place('primary')}`, '  replicas:', `    - ${place('replica')}`]
  const file = parseConfigFile('conf.yaml', lines.join('\n'), {})
  const plan = await backupPlan(file, controlPlaneConfig(file, { data: folder }), silentLogger)
  const store = await scratchStore()
  const stop = new AbortController()
  const { signal } = stop
  const role = groupExporters({ store, plan, logger: silentLogger, signal })
  const followed = followGroups({ store, role, logger: silentLogger, clock: systemClock, signal })
  onTestFinished(async () => {
    stop.abort()
    await followed
    await role.close()
  })
  const groupBackups = (group: string): readonly SnapshotStore[] => storesOf(plan(group))
  const [primary, replica] = groupBackups('default')
  if (primary === undefined || replica === undefined) throw new Error('there is no backup')
  return { client: await adminClient({ store, groupBackups }), backups: { primary, replica } }
}

interface BackupPair {
  readonly primary: SnapshotStore
  readonly replica: SnapshotStore
}

/** The ids of the keys that a store's newest snapshot really is encrypted with, and those that it says. */
async function newestKeys({ resources }: SnapshotStore): Promise<{ readonly found: string[]; readonly said: unknown }> {
  const latest = await resources.latest()
  const entries = latest === undefined ? [] : (await resources.load(latest.manifest)).entries
  return { found: [...keyIdsIn(JSON.stringify(entries))], said: latest?.manifest.needs?.keys }
}

async function keysOfInstance({ instance }: SnapshotStore): Promise<readonly string[]> {
  const latest = await instance.latest()
  return latest === undefined ? [] : keyringOf((await instance.load(latest.manifest)).entries).keyIds
}

/** What a data plane runs that starts from these snapshots alone. */
async function startedFrom(store: SnapshotStore): Promise<readonly Entry[]> {
  const content = new Map<string, Entry>()
  const sink: ConfigSink = {
    validate: () => undefined,
    apply: async ({ upserted, removed }) => {
      for (const ref of removed) content.delete(entryKey(ref))
      for (const entry of upserted) content.set(entryKey(entry), entry)
    },
  }
  const node = createDataPlane({ stores: [store], fields: fieldProtection({ group: 'default' }), sink })
  onTestFinished(() => node.stop())
  await node.start()
  expect(node.status().quarantined).toEqual([])
  await node.stop()
  return [...content.values()]
}

/** As another reader finds the store, with the newest snapshot of the resources not there (yet). */
async function olderCopy(from: string): Promise<SnapshotStore> {
  const path = await scratchFolder()
  await cp(join(from, 'primary'), path, { recursive: true })
  const storage = fsStorage({ path })
  const snapshots = snapshotStore({ group: 'default', resources: storage, instance: storage })
  const [newest = 0] = await snapshots.resources.sequences()
  await storage.delete(`groups/default/resources/manifests/${String(newest).padStart(12, '0')}.json`)
  await storage.delete('groups/default/resources/head.json')
  return snapshots
}

const byKey = (entries: readonly Entry[]): readonly Entry[] =>
  entries
    .filter(({ kind }) => kind !== 'keyring')
    .toSorted((left, right) => (entryKey(left) < entryKey(right) ? -1 : 1))

async function contentOf({ store }: AdminClient): Promise<readonly Entry[]> {
  const { resources, instance } = await configStoreSource(store, 'default').load()
  return byKey([...resources, ...instance])
}

it('A key of a keyring is replaced: everything is encrypted anew, old snapshots stay readable, and then the old key goes', async () => {
  const folder = await scratchFolder()
  const { client, backups } = await backedUp(folder)
  const { primary, replica } = backups
  const { call } = client
  const idsListed = async (): Promise<unknown> => (await call('GET', keyring)).body

  // One secret of each sort, and a discovery, whose secrets are in the instance half.
  const ssl = sampleResources.find(({ kind }) => kind === 'ssls')
  await call('PUT', 'ssls/1', ssl?.value)
  await call('PUT', 'consumers', { username: 'jack' })
  await call('PUT', 'consumers/jack/credentials/key-1', { plugins: { 'key-auth': { key: 'the key of jack' } } })
  await call('PUT', 'secrets/vault/1', { uri: 'http://127.0.0.1:8200', prefix: 'kv', token: 'the token' })
  await call('PUT', 'gateway_groups/default/discovery/consul', { servers: ['http://a.test'], token: 'the other token' })
  await expect.poll(async () => (await newestKeys(primary)).found, patience).toHaveLength(1)
  const entries = async (): Promise<number> => (await startedFrom(primary)).length
  await expect.poll(entries, patience).toBe((await contentOf(client)).length + 1)
  const [old = ''] = await keysOfInstance(primary)
  expect(await newestKeys(primary)).toEqual({ found: [old], said: [old] })

  expect((await call('POST', `${keyring}/rotate`)).status).toBe(201)
  await expect.poll(async () => (await newestKeys(primary)).said, patience).not.toEqual([old])
  const [next = '', ...others] = await keysOfInstance(primary)
  expect(others).toEqual([old])
  expect(await newestKeys(primary)).toEqual({ found: [next], said: [next] })
  await expect.poll(async () => (await newestKeys(replica)).said, patience).toEqual([next])
  expect(await idsListed()).toMatchObject({
    list: [
      { id: next, active: true, needed: true, needed_by_newest: true },
      { id: old, active: false, needed: true, needed_by_newest: false },
    ],
  })

  const older = await olderCopy(folder)
  expect((await older.resources.latest())?.manifest.needs?.keys).toEqual([old])
  for (const store of [primary, replica, older]) {
    expect(byKey(await startedFrom(store))).toEqual(await contentOf(client))
  }

  const refused = async (store: SnapshotStore): Promise<void> => {
    const { status, body } = await call('DELETE', `${keyring}/${old}`)
    expect([status, body]).toEqual([409, { error_msg: expect.stringContaining(`snapshots in ${store.name} still`) }])
  }
  const forgetOld = async ({ resources }: SnapshotStore): Promise<number> => {
    await resources.prune({ retention: { newest: 1 }, graceMs: 0 })
    return (await resources.sequences()).length
  }
  await refused(primary)
  await expect.poll(async () => forgetOld(primary), patience).toBe(1)
  await refused(replica)
  await expect.poll(async () => forgetOld(replica), patience).toBe(1)
  expect((await call('DELETE', `${keyring}/${old}`)).status).toBe(200)

  for (const store of [primary, replica]) {
    await expect.poll(async () => keysOfInstance(store), patience).toEqual([next])
    for await (const manifest of store.resources.history()) {
      expect(manifest.needs?.keys).toEqual([next])
    }
    expect(byKey(await startedFrom(store))).toEqual(await contentOf(client))
  }
  expect(await idsListed()).toMatchObject({ total: 1, list: [{ id: next }] })
})
