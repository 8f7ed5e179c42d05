import { silentLogger } from '@outlast/snapshot'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEtcdApi } from '../../src/control-plane/etcd-api/create-etcd-api.ts'
import { prefixSpan } from '../../src/control-plane/store/config-store.ts'
import { adminClient, type AdminClient } from './admin-client.ts'
import { below, etcdClient } from './etcd-client.ts'
import { owners, sampleResources } from './sample-resources.ts'

interface Seen {
  readonly type: 'PUT' | 'DELETE'
  readonly key: string
  readonly value: unknown
}

/** What a data plane is told from now on, change by change. */
async function watching({ store }: AdminClient): Promise<() => Promise<Seen>> {
  const app = createEtcdApi({ store, tokens: [{ group: 'default', token: 'token' }], logger: silentLogger })
  onTestFinished(() => app.close())
  const client = etcdClient(await app.listen({ host: '127.0.0.1', port: 0 }), 'token')
  const watch = await client.watch({
    ...below('/gateway_groups/default/'),
    start_revision: String((await store.revision()) + 1),
  })
  await watch.next()
  const waiting: Seen[] = []
  return async () => {
    while (waiting.length === 0) {
      const frame = await watch.next()
      if (frame === undefined) {
        throw new Error('the watch has ended')
      }
      waiting.push(...(frame.events ?? []).map((event) => seen(event)))
    }
    const [first, ...others] = waiting.splice(0)
    waiting.push(...others)
    if (first === undefined) {
      throw new Error('the watch tells of nothing')
    }
    return first
  }
}

function seen(event: {
  readonly type?: string
  readonly kv?: { readonly key?: string; readonly value?: string }
}): Seen {
  const text = (field: string | undefined): string => Buffer.from(field ?? '', 'base64').toString()
  const { key, value } = event.kv ?? {}
  const isDeletion = event.type === 'DELETE'
  return {
    type: isDeletion ? 'DELETE' : 'PUT',
    key: text(key),
    value: isDeletion ? undefined : JSON.parse(text(value)),
  }
}

describe('Admin API: every kind', () => {
  it.each(sampleResources)(
    'creates, changes, lists and deletes $kind, and a data plane sees it',
    async ({ collection, path, key, value, changed, hidden }) => {
      const client = await adminClient()
      const { call } = client
      for (const owner of owners) {
        await call('PUT', owner.path, owner.value)
      }
      const next = await watching(client)

      const created = await call('PUT', path, value)
      expect([created.status, created.body]).toMatchObject([201, { key: `/apisix/${path}` }])
      expect(await next()).toMatchObject({ type: 'PUT', key, value })

      const replaced = await call('PUT', path, changed)
      expect([replaced.status, replaced.body]).toMatchObject([200, { key: `/apisix/${path}` }])
      expect(await next()).toMatchObject({ type: 'PUT', key, value: changed })

      const shown = hidden === undefined ? changed : without(changed, hidden)
      const one = await call('GET', path)
      expect(one).toMatchObject({ status: 200, body: { key: `/apisix/${path}`, value: shown } })
      const all = await call('GET', collection)
      const item = { key: `/apisix/${path}`, value: shown }
      expect(all).toMatchObject({
        status: 200,
        body: {
          list: expect.arrayContaining([expect.objectContaining({ ...item, value: expect.objectContaining(shown) })]),
        },
      })
      const answers = JSON.stringify([created.body, replaced.body, one.body, all.body])
      expect(answers).not.toContain('PRIVATE KEY')

      const deleted = await call('DELETE', path)
      expect([deleted.status, deleted.body]).toEqual([200, { key: `/apisix/${path}`, deleted: '1' }])
      expect(await next()).toEqual({ type: 'DELETE', key, value: undefined })
      expect((await call('GET', path)).status).toBe(404)
    },
  )

  it.each(sampleResources)('refuses a field of $kind that nobody knows, unless the kind takes any', async (sample) => {
    const { call } = await adminClient()
    for (const owner of owners) {
      await call('PUT', owner.path, owner.value)
    }
    const answer = await call('PUT', sample.path, { ...sample.value, nobody_knows: 1 })
    const takesAny = ['plugin_metadata', 'secrets'].includes(sample.kind)
    expect([answer.status, answer.body]).toMatchObject(
      takesAny
        ? [201, {}]
        : [400, { error_msg: 'invalid configuration: additional properties forbidden, found nobody_knows' }],
    )
  })

  it('keeps credentials out of the list of consumers, and deletes them with their consumer', async () => {
    const { call, store } = await adminClient()
    await call('PUT', 'consumers', { username: 'jack' })
    await call('PUT', 'consumers', { username: 'jackie' })
    for (let n = 0; n < 130; n += 1) {
      await call('PUT', `consumers/jack/credentials/${String(n)}`, {
        plugins: { 'key-auth': { key: `key ${String(n)}` } },
      })
    }
    await call('PUT', 'consumers/jackie/credentials/1', {})
    expect((await call('GET', 'consumers')).body).toMatchObject({ total: 2 })
    expect((await call('GET', 'consumers/jack/credentials')).body).toMatchObject({ total: 130 })
    expect((await call('DELETE', 'consumers/jack')).status).toBe(200)
    const left = await store.range({ keys: prefixSpan('/gateway_groups/') })
    expect(left.items.map(({ key }) => key)).toEqual([
      '/gateway_groups/default/consumers/jackie',
      '/gateway_groups/default/consumers/jackie/credentials/1',
    ])
  })

  it.each(['consumers/nobody/credentials', 'services/nothing/graphql_cost_decorations'])(
    'finds no %s, as the owner does not exist; a list of one that does is merely empty',
    async (path) => {
      const { call } = await adminClient()
      const answer = await call('GET', path)
      expect([answer.status, answer.body]).toEqual([404, { message: 'Key not found' }])
      for (const owner of owners) await call('PUT', owner.path, owner.value)
      const owned = await call('GET', path.replace(/\/no[a-z]+\//, '/owner/'))
      expect([owned.status, owned.body]).toEqual([200, { total: 0, list: [] }])
    },
  )

  it.each([
    ['POST', 'consumers', 'not supported `POST` method for consumer'],
    ['PATCH', 'consumers/jack', 'not supported `PATCH` method for consumer'],
    ['POST', 'consumers/jack/credentials', 'not supported `POST` method for credential'],
    ['PATCH', 'consumers/jack/credentials/1', 'not supported `PATCH` method for credential'],
    ['POST', 'global_rules', 'not supported `POST` method for global rule'],
    ['POST', 'plugin_configs', 'not supported `POST` method for plugin config'],
    ['POST', 'consumer_groups', 'not supported `POST` method for consumer group'],
    ['POST', 'secrets', 'not supported `POST` method for secret'],
    ['POST', 'plugin_metadata', 'not supported `POST` method for plugin_metadata'],
    ['PATCH', 'plugin_metadata/cors', 'not supported `PATCH` method for plugin_metadata'],
    ['PATCH', 'protos/1', 'not supported `PATCH` method for proto'],
    ['PATCH', 'stream_routes/1', 'not supported `PATCH` method for stream route'],
    ['POST', 'plugins/reload', 'please use PUT method to reload the plugins, POST method is not allowed.'],
  ])('answers %s %s as APISIX does', async (method, path, message) => {
    const { call } = await adminClient()
    const answer = await call(method, path, {})
    expect([answer.status, answer.body]).toEqual([405, { error_msg: message }])
  })

  it.each<[string, string, object, number, string]>([
    ['a consumer of another name', 'consumers/jill', { username: 'jack' }, 400, 'wrong username'],
    ['a consumer without a name', 'consumers', {}, 400, 'invalid configuration: property "username" is required'],
    ['a credential of nobody', 'consumers/nobody/credentials/1', {}, 404, 'consumer not found'],
    ['a decoration of nothing', 'services/x/graphql_cost_decorations/1', { field_path: 'A' }, 404, 'service not found'],
    ['metadata of no plugin', 'plugin_metadata', {}, 400, 'missing plugin name'],
    ['an unknown secret manager', 'secrets/safe/1', {}, 400, 'invalid secret manager: safe'],
    ['another id than the path has', 'secrets/vault/1', { id: 'vault/2' }, 400, 'wrong secret id'],
    [
      'a credential that authenticates nobody',
      'consumers/owner/credentials/1',
      { plugins: { cors: {} } },
      400,
      'only supports auth type plugins in consumer credential',
    ],
    [
      'settings that a plugin does not take',
      'global_rules/1',
      { plugins: { 'limit-count': { count: 2 } } },
      400,
      'failed to check the configuration of plugin limit-count err: needs time_window, or rules',
    ],
    [
      'metadata that a plugin does not take',
      'plugin_metadata/http-logger',
      { log_format: 'x' },
      400,
      'invalid configuration: property "log_format" validation failed: must be an object',
    ],
    [
      'what is wrong deep inside',
      'upstreams/1',
      { nodes: [{ host: 'a', weight: -1 }] },
      400,
      'invalid configuration: property "nodes" validation failed: failed to validate item 1: property "weight" validation failed: Too small: expected number to be >=0',
    ],
    [
      'an unknown field of an upstream inside',
      'routes/1',
      { uri: '/', upstream: { nodes: {}, node: 1 } },
      400,
      'invalid configuration: property "upstream" validation failed: additional properties forbidden, found node',
    ],
  ])('refuses %s', async (_what, path, value, status, message) => {
    const { call } = await adminClient()
    await call('PUT', 'consumers/owner', { username: 'owner' })
    const answer = await call('PUT', path, value)
    expect([answer.status, answer.body]).toEqual([status, { error_msg: message }])
  })

  it('hides the private keys of upstreams, and keeps them through a PATCH', async () => {
    const { call, store } = await adminClient()
    const ssl = sampleResources.find(({ kind }) => kind === 'ssls')?.value
    const { cert, key } = { cert: '', key: '', ...ssl }
    const tls = { client_cert: cert, client_key: key }
    await call('PUT', 'routes/1', { uri: '/', upstream: { nodes: {}, tls } })
    const patched = await call('PATCH', 'routes/1', { uri: '/changed' })
    const part = await call('PATCH', 'routes/1/desc', '"new"')
    for (const answer of [patched, part, await call('GET', 'routes/1')]) {
      expect(answer.body).toMatchObject({ value: { uri: '/changed', upstream: { tls: { client_cert: cert } } } })
      expect(JSON.stringify(answer.body)).not.toContain('PRIVATE KEY')
    }
    const { items } = await store.range({ keys: prefixSpan('/gateway_groups/') })
    expect(items[0]?.value).toContain('PRIVATE KEY')
  })

  it('refuses certificates that cannot be read, and keys that are not theirs', async () => {
    const { call } = await adminClient()
    const { cert, key } = { cert: '', key: '', ...sampleResources.find(({ kind }) => kind === 'ssls')?.value }
    const broken = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(200)}\n-----END CERTIFICATE-----\n`
    expect((await call('PUT', 'ssls/1', { sni: 'a.test', cert: broken, key })).body).toEqual({
      error_msg: 'invalid configuration: property "cert" validation failed: cannot be read as a certificate',
    })
    expect((await call('PUT', 'ssls/1', { sni: 'a.test', cert, key, certs: [cert], keys: [cert] })).body).toEqual({
      error_msg:
        'invalid configuration: property "keys" validation failed: failed to validate item 1: cannot be read as a private key',
    })
  })
})

function without(value: object, name: string): object {
  return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))
}
