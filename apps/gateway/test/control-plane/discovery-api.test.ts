import { describe, expect, it } from 'vitest'

import { configStoreSource } from '../../src/control-plane/config-store-source.ts'
import { adminClient } from './admin-client.ts'

const path = 'gateway_groups/default/discovery'
const viewer = { 'x-api-key': 'viewer-key' }

/** Settings, what answers show of them, and no more. */
const settings: readonly { readonly type: string; readonly value: unknown; readonly shown?: unknown }[] = [
  { type: 'dns', value: { servers: ['127.0.0.1:53'], order: ['SRV', 'A'] } },
  {
    type: 'consul',
    value: {
      servers: [
        'http://ada:hidden-1@hid/den-1@a.test:8500',
        'ada:hidden-3@b.test',
        'http://c.test:8500?token=hidden-4',
      ],
      token: 'hidden-2',
      fetch_interval: 5,
    },
    shown: {
      servers: ['http://***@a.test:8500', '***@b.test', 'http://c.test:8500?token=***'],
      token: '***',
      fetch_interval: 5,
    },
  },
  {
    type: 'nacos',
    value: { host: ['http://ada:hidden-1@a.test:8848'], access_key: 'hidden-2', secret_key: 'hidden-3' },
    shown: { host: ['http://***@a.test:8848'], access_key: '***', secret_key: '***' },
  },
  { type: 'eureka', value: { host: ['http://a.test:8761'], weight: 10 } },
  {
    type: 'kubernetes',
    value: [{ id: 'one', service: { host: 'a.test', port: '6443' }, client: { token: 'hidden-1' } }],
    shown: [{ id: 'one', service: { host: 'a.test', port: '6443' }, client: { token: '***' } }],
  },
  {
    type: 'tars',
    value: { db_conf: { host: 'a.test', password: 'hidden-1' } },
    shown: { db_conf: { host: 'a.test', password: '***' } },
  },
]

describe('Service discovery of a gateway group', () => {
  it.each(settings)('sets up $type, and shows all of it but secrets', async ({ type, value, shown = value }) => {
    const lines: unknown[] = []
    const note = (...line: readonly unknown[]): void => void lines.push(line)
    const { call, store } = await adminClient({ logger: { debug: note, info: note, warn: note, error: note } })
    const key = `/apisix/${path}/${type}`
    const created = await call('PUT', `${path}/${type}`, value)
    expect([created.status, created.body]).toEqual([201, { key, value: shown }])
    const replaced = await call('PUT', `${path}/${type}`, value)
    expect([replaced.status, replaced.body]).toEqual([200, { key, value: shown }])
    const item = { key, value: shown, createdIndex: 2, modifiedIndex: 3 }
    const one = await call('GET', `${path}/${type}`, undefined, viewer)
    expect([one.status, one.body]).toEqual([200, item])
    const all = await call('GET', path, undefined, viewer)
    expect([all.status, all.body]).toEqual([200, { total: 1, list: [item] }])
    expect(JSON.stringify([created, replaced, one, all, lines])).not.toContain('hidden')

    // The exporter and data planes have it as it was given.
    const { instance } = await configStoreSource(store, 'default').load()
    expect(instance).toEqual([{ kind: 'discovery', id: type, value }])
    expect((await call('DELETE', `${path}/${type}`)).body).toEqual({ key, deleted: '1' })
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const answer = await call(method, `${path}/${type}`, method === 'PATCH' ? {} : undefined)
      expect([answer.status, answer.body]).toEqual([404, { message: 'Key not found' }])
    }
  })

  it('is changed field by field, so that secrets need not be given again', async () => {
    const { call, store } = await adminClient()
    await call('PUT', `${path}/consul`, { servers: ['http://a.test'], token: 'hidden', weight: 1 })
    const patched = await call('PATCH', `${path}/consul`, { servers: ['http://b.test'], weight: null })
    expect([patched.status, patched.body]).toMatchObject([200, { value: { servers: ['http://b.test'], token: '***' } }])
    const { instance } = await configStoreSource(store, 'default').load()
    expect(instance[0]?.value).toEqual({ servers: ['http://b.test'], token: 'hidden' })
  })

  it.each<[string, string, string, unknown, RegExp]>([
    ['no settings', 'PUT', 'dns', undefined, /^missing configurations$/],
    ['what is no settings', 'PUT', 'dns', '"hidden"', /^invalid configuration: it is not an object$/],
    ['both servers and a file', 'PUT', 'dns', { servers: ['a'], resolv_conf: 'hidden' }, /^invalid configuration: /],
    ['a type that is no name', 'PUT', 'a%2Fb', {}, /^invalid discovery type$/],
    [
      'what was shown instead of a secret',
      'PUT',
      'consul',
      { servers: ['http://***@a.test'] },
      /\*\*\* stands for a secret/,
    ],
    ['the same in a change', 'PATCH', 'consul', { token: '***' }, /\*\*\* stands for a secret/],
    ['a change of a list', 'PATCH', 'kubernetes', { id: 'hidden' }, /^can not change a list of settings in part/],
    ['a change that makes it invalid', 'PATCH', 'consul', { servers: null }, /^invalid configuration: .*servers/],
  ])('refuses %s', async (_what, method, type, body, message) => {
    const { call, store } = await adminClient()
    await call('PUT', `${path}/consul`, { servers: ['http://a.test'] })
    const cluster = { id: 'one', service: { host: 'a.test', port: '6443' }, client: { token: 'hidden' } }
    await call('PUT', `${path}/kubernetes`, [cluster])
    const answer = await call(method, `${path}/${type}`, body)
    expect([answer.status, answer.body]).toEqual([400, { error_msg: expect.stringMatching(message) }])
    expect(JSON.stringify(answer.body)).not.toContain('hidden')
    expect(await store.revision()).toBe(3)
  })

  it('belongs to a group that exists, and a change of it is in the audit log', async () => {
    const lines: object[] = []
    const note = (fields: object): void => void ('audit' in fields && lines.push(fields))
    const { call } = await adminClient({ logger: { debug: note, info: note, warn: note, error: note } })
    for (const [method, below] of [
      ['GET', ''],
      ['GET', '/dns'],
      ['PUT', '/dns'],
      ['PATCH', '/dns'],
      ['DELETE', '/dns'],
    ] as const) {
      const answer = await call(
        method,
        `gateway_groups/edge/discovery${below}`,
        method.startsWith('P') ? { servers: ['a'] } : undefined,
      )
      expect([answer.status, answer.body]).toEqual([404, { error_msg: 'gateway group [edge] not found' }])
    }
    await call('PUT', `${path}/dns`, { servers: ['a'] })
    await call('PUT', `${path}/dns`, { servers: ['b'] })
    await call('PATCH', `${path}/dns`, { servers: ['c'] })
    await call('DELETE', `${path}/dns`)
    expect(lines).toMatchObject(
      ['create', 'replace', 'patch', 'delete'].map((action) => ({
        action,
        kind: 'discovery',
        id: 'dns',
        group: 'default',
      })),
    )
  })
})
