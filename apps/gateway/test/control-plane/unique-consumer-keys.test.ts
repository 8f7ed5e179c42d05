import { describe, expect, it } from 'vitest'

import { requireUniqueKeys } from '../../src/control-plane/admin-api/unique-consumer-keys.ts'
import { adminClient } from './admin-client.ts'
import { put, remove, scratchStore } from './scratch-store.ts'

const keyAuth = (key: unknown): object => ({ plugins: { 'key-auth': { key } } })
const duplicate = (owner: string, field = 'key', plugin = 'key-auth') => ({
  status: 400,
  body: { error_msg: `duplicate ${field} of plugin ${plugin} found with ${owner}` },
})

describe('Keys by which gateways find consumers', () => {
  it('belong to one consumer or credential, as in APISIX', async () => {
    const { call } = await adminClient()
    await call('PUT', 'consumers', { username: 'jack', ...keyAuth('k1') })
    await call('PUT', 'consumers/jack/credentials/c1', keyAuth('k2'))
    await call('PUT', 'consumers', { username: 'jill' })
    for (const [path, value, owner] of [
      ['consumers', { username: 'jill', ...keyAuth('k1') }, 'consumer: jack'],
      ['consumers', { username: 'jill', ...keyAuth('k2') }, 'credential: c1 of consumer: jack'],
      ['consumers/jill/credentials/c1', keyAuth('k1'), 'consumer: jack'],
      ['consumers/jill/credentials/c1', keyAuth('k2'), 'credential: c1 of consumer: jack'],
      ['consumers/jack/credentials/c2', keyAuth('k2'), 'credential: c1 of consumer: jack'],
      ['consumers/jack/credentials/c2', keyAuth('k1'), 'consumer: jack'],
    ] as const) {
      expect(await call('PUT', path, value)).toMatchObject(duplicate(owner))
    }
    // A consumer may have a key of its own credentials, everything may be written again, and groups are apart.
    expect((await call('PUT', 'consumers', { username: 'jack', ...keyAuth('k2') })).status).toBe(200)
    expect((await call('PUT', 'consumers/jack/credentials/c1', keyAuth('k1'))).status).toBe(200)
    await call('PUT', 'gateway_groups/edge', {})
    expect((await call('PUT', 'consumers?gateway_group_id=edge', { username: 'jill', ...keyAuth('k1') })).status).toBe(
      201,
    )
  })

  it('are free again once nobody has them any more', async () => {
    const { call } = await adminClient()
    await call('PUT', 'consumers', { username: 'jack', ...keyAuth('k1') })
    await call('PUT', 'consumers', { username: 'jill', ...keyAuth('k2') })
    expect((await call('PUT', 'consumers', { username: 'joe', ...keyAuth('k1') })).status).toBe(400)
    await call('PUT', 'consumers', { username: 'jack', ...keyAuth('k3') })
    expect((await call('PUT', 'consumers', { username: 'joe', ...keyAuth('k1') })).status).toBe(201)
    await call('DELETE', 'consumers/jill')
    expect((await call('PUT', 'consumers', { username: 'joe', ...keyAuth('k2') })).status).toBe(200)
  })

  it.each([
    ['basic-auth', 'username', { password: 'p' }],
    ['jwt-auth', 'key', { secret: 'a secret of jwt' }],
    ['hmac-auth', 'key_id', { secret_key: 's' }],
    ['ldap-auth', 'user_dn', {}],
  ])('are those of %s too: %s', async (plugin, field, more) => {
    const { call } = await adminClient()
    const plugins = { [plugin]: { [field]: 'same', ...more } }
    expect((await call('PUT', 'consumers', { username: 'jack', plugins })).status).toBe(201)
    expect(await call('PUT', 'consumers', { username: 'jill', plugins })).toMatchObject(
      duplicate('consumer: jack', field, plugin),
    )
  })

  it('are not compared when they stand elsewhere', async () => {
    const { call } = await adminClient()
    for (const username of ['jack', 'jill']) {
      expect((await call('PUT', 'consumers', { username, ...keyAuth('$env://KEY') })).status).toBe(201)
    }
  })

  it('are also those that another process has written, and a store that was put in the place of this one', async () => {
    const stores = [await scratchStore(), await scratchStore()] as const
    let current: (typeof stores)[number] = stores[0]
    const check = requireUniqueKeys({ ...current, range: async (options) => current.range(options) })
    const jill = { kind: 'consumers', id: 'jill', value: { username: 'jill', plugins: { 'key-auth': { key: 'k' } } } }
    const jack = '/gateway_groups/default/consumers/jack'
    for (let n = 0; n < 5; n += 1) await put(stores[0], '/elsewhere')
    await check('default', jill)
    await put(stores[0], jack, JSON.stringify(keyAuth('k')))
    await expect(check('default', jill)).rejects.toMatchObject({ status: 400 })
    await remove(stores[0], jack)
    await check('default', jill)
    await put(stores[0], jack, JSON.stringify(keyAuth('k')))
    await put(stores[0], jack, JSON.stringify(keyAuth('other')))
    await check('default', jill)

    await put(stores[1], jack, JSON.stringify(keyAuth('k')))
    current = stores[1]
    await expect(check('default', jill)).rejects.toMatchObject({ status: 400 })
  })

  it('are not remembered for ever of those that are gone', async () => {
    const store = await scratchStore()
    const ranges: boolean[] = []
    const check = requireUniqueKeys({
      ...store,
      range: async (options) => {
        ranges.push(options.minModRevision === undefined)
        return store.range(options)
      },
    })
    const nobody = { kind: 'consumers', id: 'x', value: { plugins: { 'key-auth': { key: 'nobody has it' } } } }
    for (let round = 0; round < 12; round += 1) {
      const keys = Array.from(
        { length: 100 },
        (_, n) => `/gateway_groups/default/consumers/${String(round)}-${String(n)}`,
      )
      await store.transaction({
        operations: keys.map((key) => ({ type: 'put', key, value: JSON.stringify(keyAuth(key)) })),
      })
      await check('default', nobody)
      await store.transaction({ operations: keys.map((key) => ({ type: 'delete', key })) })
    }
    await check('default', nobody)
    // Everything is read at first, and once more.
    expect(ranges.filter(Boolean)).toHaveLength(2)
  })
})
