import { readFile } from 'node:fs/promises'
import { silentLogger, systemClock, type Entry } from '@outlast/snapshot'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createControlPlane } from '../../../src/control-plane/create-control-plane.ts'
import { registerGroup } from '../../../src/control-plane/gateway-groups.ts'
import { groupKey } from '../../../src/control-plane/group-keys.ts'
import { keySpan, type ConfigStore } from '../../../src/control-plane/store/config-store.ts'
import { adminTarget } from '../../../src/snapshot/restore/admin-target.ts'
import { put, scratchStore } from '../../control-plane/scratch-store.ts'
import { allAdded, restore } from './restore.ts'
import { everyKind } from './sample-entries.ts'
import { startStandInAdminApi, type StandInAdminApi } from './stand-in-admin-api.ts'

describe('restoring through the Admin API of our own control plane', () => {
  const entries: Entry[] = [
    { kind: 'routes', id: '1', value: { uri: '/ip', service_id: 'a', create_time: 1_700_000_000 } },
    { kind: 'services', id: 'a', value: { upstream_id: 'u' } },
    { kind: 'upstreams', id: 'u', value: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } } },
  ]

  async function start(): Promise<{ store: ConfigStore; base: string }> {
    const store = await scratchStore()
    const keys = [{ name: 'admin', key: 'admin-key', role: 'admin' as const }]
    const app = createControlPlane({
      store,
      adminKeys: keys,
      dataPlaneTokens: [{ group: 'default', token: 'token' }],
      logger: silentLogger,
    }).adminApp()
    onTestFinished(() => app.close())
    return { store, base: `${await app.listen({ host: '127.0.0.1', port: 0 })}/apisix/admin` }
  }

  it('puts everything in an order that the checks of references let through', async () => {
    const { store, base } = await start()
    const target = adminTarget({ base, key: 'admin-key', group: 'default' })
    expect(await restore(target, entries)).toEqual(allAdded(3))
    const { items } = await store.range({ keys: keySpan(groupKey('default', { kind: 'routes', id: '1' })) })
    expect(JSON.parse(items[0]?.value ?? '')).toMatchObject({ id: '1', uri: '/ip', service_id: 'a' })
    // Times are the server's own, ids may stand in the value or not: neither is a difference.
    expect(await restore(target, entries)).toEqual(allAdded(0))
  })

  it('deletes in the opposite order, and only when it is told to', async () => {
    const { store, base } = await start()
    await registerGroup(store, 'team', systemClock)
    await put(store, '/gateway_groups/team/upstreams/old', '{"id":"old"}')
    await put(store, '/gateway_groups/team/routes/old', '{"uri":"/old","upstream_id":"old"}')
    const target = adminTarget({ base, key: 'admin-key', group: 'team' })
    await expect(restore(target, entries)).rejects.toMatchObject({ exitCode: 2 })
    expect(await restore(target, entries, { mode: 'replace' })).toEqual({ ...allAdded(3), deleted: 2 })
  })

  it('puts every kind, and says of a kind that is not served that it is not restored', async () => {
    const { base } = await start()
    const target = adminTarget({ base, key: 'admin-key', group: 'default' })
    const [cert = '', key = ''] = await Promise.all(
      ['crt', 'key'].map((name) =>
        readFile(new URL(`../../control-plane/fixtures/server.${name}`, import.meta.url), 'utf8'),
      ),
    )
    const entriesOfAll = everyKind().map((entry) =>
      entry.kind === 'ssls' ? { ...entry, value: { sni: 'a.test', cert, key } } : entry,
    )
    const unserved = { kind: 'plugins', id: '1', value: [{ name: 'cors' }] }
    const { refused, ...result } = await restore(target, [...entriesOfAll, unserved])
    const { refused: none, ...all } = allAdded(13)
    expect(none).toEqual([])
    expect(result).toEqual(all)
    expect(refused).toEqual([{ kind: 'plugins', id: '1', reason: 'the target does not serve this kind (404)' }])
  })

  it('ends when the gateway group does not exist there, and says how to create it', async () => {
    const { base } = await start()
    const nowhere = restore(adminTarget({ base, key: 'admin-key', group: 'team' }), entries)
    await expect(nowhere).rejects.toThrow('gateway group [team] not found: create it first')
  })

  it('ends when the key is not accepted, without repeating it', async () => {
    const { base } = await start()
    const wrong = restore(adminTarget({ base, key: 'wrong-key', group: 'default' }), entries)
    await expect(wrong).rejects.toThrow(/does not accept the key of OUTLAST_ADMIN_KEY \(401\)$/)
  })
})

describe('restoring through the Admin API of a stock APISIX, played by a small stand-in server', () => {
  let server: StandInAdminApi

  beforeEach(async () => {
    server = await startStandInAdminApi()
  })
  afterEach(async () => {
    await server.stop()
  })

  const target = () => adminTarget({ base: `${server.url}/apisix/admin`, key: 'admin-key', group: 'default' })

  it('puts all kinds in the order of their references, and accepts the defaults that the server adds', async () => {
    expect(await restore(target(), everyKind())).toEqual(allAdded(13))
    expect(server.writes).toEqual([
      'PUT ssls/tls',
      'PUT secrets/vault/1',
      'PUT protos/pb',
      'PUT upstreams/u',
      'PUT services/a',
      'PUT plugin_configs/p',
      'PUT consumer_groups/cg',
      'PUT consumers/jack',
      'PUT consumers/jack/credentials/key-1',
      'PUT global_rules/g',
      'PUT plugin_metadata/http-logger',
      'PUT routes/1',
      'PUT stream_routes/s',
    ])
    expect(server.items.get('ssls/tls')).toMatchObject({ key: 'the private key' })
  })

  it('writes certificates again in any case, because nobody gets their keys back to compare', async () => {
    const entries = everyKind().filter(({ kind }) => kind === 'ssls' || kind === 'protos')
    await restore(target(), entries)
    server.items.set('ssls/tls', { ...server.items.get('ssls/tls'), key: 'another key' })
    expect(await restore(target(), entries)).toEqual(allAdded(0))
    expect(server.items.get('ssls/tls')).toMatchObject({ key: 'the private key' })
    expect(server.writes.filter((write) => write === 'PUT protos/pb')).toHaveLength(1)
  })

  it('goes on after an entry that is refused, and repeats the reason without the value', async () => {
    const message = 'property "token" validation failed: failed to match pattern "^s" with "vault-token"'
    server.refusals.set('secrets/vault/1', { status: 400, body: { error_msg: message } })
    const result = await restore(target(), everyKind())
    expect(result).toMatchObject({ added: 12, different: [] })
    const [refusal, ...others] = result.refused
    expect(others).toEqual([])
    expect(refusal).toMatchObject({ kind: 'secrets', id: 'vault/1', reason: expect.stringMatching(/^400: property/) })
    expect(refusal?.reason).not.toContain('vault-token')
  })

  it('says what the server did not keep', async () => {
    const entries = everyKind().filter(({ kind }) => kind === 'protos')
    server.refusals.set('protos/pb', { status: 200, body: {} })
    expect(await restore(target(), entries)).toEqual({ ...allAdded(1), different: ['protos/pb'] })
  })
})
