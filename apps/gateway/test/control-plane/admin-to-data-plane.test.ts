import { createDataPlane, type ConfigSink } from '@outlast/dataplane/importer'
import { entryKey, silentLogger, type Entry } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { etcdSource } from '@outlast/source-etcd'
import { expect, it, onTestFinished } from 'vitest'

import { createControlPlane } from '../../src/control-plane/create-control-plane.ts'
import { keys } from './admin-client.ts'
import { owners, sampleResources } from './sample-resources.ts'
import { scratchStore } from './scratch-store.ts'

const token = 'the token of the group'
const patience = { timeout: 10_000, interval: 5 }

interface Step {
  readonly method: 'PUT' | 'PATCH' | 'POST' | 'DELETE'
  /** Below the Admin API. */
  readonly path: string
  readonly body?: unknown
  /** The entry that a data plane then has, with at least this value; `undefined`: no longer. */
  readonly entry: string
  readonly value: object | undefined
}

const resources: readonly Step[] = sampleResources.flatMap(({ path, key, value, changed }) => {
  const entry = key.replace('/gateway_groups/default/', '')
  return [
    { method: 'PUT', path, body: value, entry, value },
    { method: 'PUT', path, body: changed, entry, value: changed },
    { method: 'DELETE', path, entry, value: undefined },
  ]
})

const consul = { path: 'gateway_groups/default/discovery/consul', entry: 'discovery/consul' }
const keyring = { path: 'gateway_groups/default/keyring', entry: 'keyring/1' }
const one = ['the-first-key-16']
const two = [expect.stringMatching(/^[\w-]{32}$/), ...one]
const instance: readonly Step[] = [
  { ...consul, method: 'PUT', body: { servers: ['http://a.test'] }, value: { servers: ['http://a.test'] } },
  { ...consul, method: 'PATCH', body: { token: 'secret' }, value: { servers: ['http://a.test'], token: 'secret' } },
  { ...consul, method: 'DELETE', value: undefined },
  { ...keyring, method: 'PUT', body: { keyring: one }, value: { keyring: one } },
  { ...keyring, method: 'POST', path: `${keyring.path}/rotate`, value: { keyring: two } },
]

it('What is done to any kind through the Admin API reaches a data plane through its watch', async () => {
  const store = await scratchStore()
  const controlPlane = createControlPlane({
    store,
    adminKeys: keys,
    dataPlaneTokens: [{ group: 'default', token }],
    logger: silentLogger,
  })
  const [admin, etcd] = [controlPlane.adminApp(), controlPlane.etcdApp()]
  const asked: string[] = []
  etcd.addHook('onRequest', async ({ url }) => void asked.push(url))
  onTestFinished(async () => {
    await Promise.all([admin.close(), etcd.close()])
  })
  const endpoint = await admin.listen({ host: '127.0.0.1', port: 0 })
  const call = async (method: string, path: string, body?: unknown): Promise<boolean> => {
    const response = await fetch(`${endpoint}/apisix/admin/${path}`, {
      method,
      headers: { 'x-api-key': 'admin-key' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return response.ok
  }

  const inEffect = new Map<string, Entry>()
  const sink: ConfigSink = {
    validate: () => undefined,
    apply: async ({ upserted, removed }) => {
      for (const ref of removed) inEffect.delete(entryKey(ref))
      for (const entry of upserted) inEffect.set(entryKey(entry), entry)
    },
  }
  const live = etcdSource({
    endpoints: [await etcd.listen({ host: '127.0.0.1', port: 0 })],
    prefix: '/gateway_groups/default',
    token,
  })
  const fields = fieldProtection({ group: 'default' })
  const node = createDataPlane({ live, stores: [], fields, sink })
  onTestFinished(() => node.stop())
  await node.start()
  await expect.poll(() => asked).toContain('/v3/watch')

  for (const { path, value } of owners) expect(await call('PUT', path, value)).toBe(true)
  for (const { method, path, body, entry, value } of [...resources, ...instance]) {
    const step = `${method} ${path}`
    expect([step, await call(method, path, body)]).toEqual([step, true])
    await expect.poll(() => ({ step, value: inEffect.get(entry)?.value }), patience).toMatchObject({ step, value })
  }
  expect([...inEffect.keys()].toSorted()).toEqual(['consumers/owner', 'keyring/1', 'services/owner'])
  const revision = await store.revision()
  await expect.poll(() => node.status()).toMatchObject({ mode: 'live', quarantined: [], position: { revision } })
  // It was told of everything: after the first load it has asked for nothing again.
  expect(asked.indexOf('/v3/watch')).toBeGreaterThan(asked.lastIndexOf('/v3/kv/range'))
})
