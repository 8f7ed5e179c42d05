import {
  fieldKeyring,
  silentLogger,
  snapshotStore,
  systemClock,
  type Logger,
  type SnapshotStore,
} from '@outlast/snapshot'
import { keyringKeysOf } from '@outlast/snapshot/apisix'
import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { faultyStorage } from '@outlast/storage-testkit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { configStoreSource } from '../../src/control-plane/config-store-source.ts'
import { noteBackups } from '../../src/control-plane/noted-backups.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { adminClient, type AdminClient } from './admin-client.ts'
import { put } from './scratch-store.ts'

const path = 'gateway_groups/default/keyring'
const given = ['the-first-key-16', 'the-second-key-of-32-characters!', 'the-third-key-16'] as const
const [first = '', second = '', third = ''] = fieldKeyring(given).keyIds

const listSchema = z.object({
  total: z.number(),
  list: z.array(
    z.object({
      id: z.string(),
      active: z.boolean(),
      create_time: z.number().optional(),
      needed: z.boolean().nullable(),
      needed_by_newest: z.boolean().nullable(),
    }),
  ),
  unread_backups: z.array(z.string()),
})

async function listOf({ call }: AdminClient): Promise<z.infer<typeof listSchema>> {
  const { status, body } = await call('GET', path, undefined, { 'x-api-key': 'viewer-key' })
  expect(status).toBe(200)
  return listSchema.parse(body)
}

async function keysIn(store: ConfigStore): Promise<readonly string[]> {
  return keyringKeysOf((await configStoreSource(store, 'default').load()).instance)
}

function backupOn(storage: StorageAdapter = memoryStorage()): SnapshotStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage })
}

/** Publishes a snapshot whose fields are encrypted with a key, as far as anybody can tell. */
async function publishWith(backup: SnapshotStore, keyId: string, revision: number): Promise<void> {
  const publication = await backup.resources.begin()
  const key = `$outlast$1$${keyId}$${Buffer.alloc(40, revision).toString('base64url')}`
  const { status } = await publication.publish({
    entries: [{ kind: 'consumers', id: 'jack', value: { plugins: { 'key-auth': { key } } } }],
    position: { epoch: 1, revision },
    source: { identity: 'etcd:1' },
  })
  expect(status).toBe('published')
}

/** Publishes a keyring, as the exporter does that follows a rotation. */
async function publishKeyring(backup: SnapshotStore, keyring: readonly string[], revision: number): Promise<void> {
  const publication = await backup.instance.begin()
  const { status } = await publication.publish({
    entries: [{ kind: 'keyring', id: '1', value: { keyring } }],
    position: { epoch: 1, revision },
    source: { identity: 'etcd:1' },
  })
  expect(status).toBe('published')
}

/** A logger, and all that it was given. */
function recorder(): { readonly logger: Logger; readonly lines: unknown[] } {
  const lines: unknown[] = []
  const note = (...line: readonly unknown[]): void => void lines.push(line)
  return { logger: { debug: note, info: note, warn: note, error: note }, lines }
}

describe('The keyring of a gateway group', () => {
  it('gets a new key in front, again and again, and keeps those that it has', async () => {
    const backup = backupOn()
    const client = await adminClient({ groupBackups: () => [backup] })
    expect(await listOf(client)).toEqual({ total: 0, list: [], unread_backups: [] })
    const ids: unknown[] = []
    for (const seconds of [2000, 3000, 4000]) {
      client.setTime(seconds)
      const { status, body } = await client.call('POST', `${path}/rotate`)
      const { list } = await listOf(client)
      expect(list[0]).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        active: true,
        create_time: seconds,
        needed: false,
        needed_by_newest: false,
      })
      const id = list[0]?.id
      expect([status, body]).toEqual([201, { key: `/apisix/${path}/${String(id)}`, value: { id, active: true } }])
      ids.unshift(id)
      expect(list.map((key) => [key.id, key.active])).toEqual(ids.map((known, index) => [known, index === 0]))
    }
    const keys = await keysIn(client.store)
    expect(fieldKeyring(keys).keyIds).toEqual(ids)
    expect(keys).toEqual(keys.map(() => expect.stringMatching(/^[\w-]{32}$/)))
  })

  it('takes the keys of an operator, in whichever entries they were before', async () => {
    const client = await adminClient({ groupBackups: () => [backupOn()] })
    await put(client.store, '/gateway_groups/default/keyring/a', JSON.stringify({ keyring: given[0], more: 1 }))
    await put(client.store, '/gateway_groups/default/keyring/b', JSON.stringify({ keyring: [given[1]] }))
    await client.call('POST', `${path}/rotate`)
    expect((await keysIn(client.store)).slice(1)).toEqual(given.slice(0, 2))

    const all = await client.call('PUT', path, { keyring: given })
    expect([all.status, all.body]).toEqual([200, { key: `/apisix/${path}`, value: { ids: [first, second, third] } }])
    expect((await configStoreSource(client.store, 'default').load()).instance).toEqual([
      { kind: 'keyring', id: 'a', value: { keyring: given, more: 1 } },
    ])
    expect((await listOf(client)).list.map(({ create_time }) => create_time)).toEqual([undefined, undefined, 1000])

    expect((await client.call('PUT', path, { keyring: given[2] })).body).toMatchObject({ value: { ids: [third] } })
  })

  it.each<[string, unknown, RegExp]>([
    ['no body', undefined, /^missing configurations$/],
    [
      'a key of another length',
      { keyring: ['the-first-key-16', 'hidden-secret'] },
      /property "keyring" .*item 2: must be a key of 16/,
    ],
    [
      'no key at all',
      { keyring: [] },
      /^invalid configuration: property "keyring" .*must be a key, or a list of keys$/,
    ],
    [
      'something else than texts',
      { keyring: [1234567890123456] },
      /property "keyring" .*must be a key, or a list of keys$/,
    ],
    ['another field', { keyring: given[0], 'hidden-secret': 1 }, /takes the field keyring, and no other/],
  ])('refuses %s, without quoting it', async (_what, body, message) => {
    const { logger, lines } = recorder()
    const { call, store } = await adminClient({ logger })
    const answer = await call('PUT', path, body)
    expect([answer.status, answer.body]).toEqual([400, { error_msg: expect.stringMatching(message) }])
    expect(JSON.stringify([answer.body, lines])).not.toMatch(/hidden-secret|the-first-key/)
    expect(await store.revision()).toBe(1)
  })

  it('is told by nobody: no answer, log line or audit line holds a key', async () => {
    const { logger, lines } = recorder()
    const backup = backupOn()
    const client = await adminClient({ logger, groupBackups: () => [backup] })
    await publishWith(backup, second, 1)
    const answers = [
      await client.call('PUT', path, { keyring: given }),
      await client.call('POST', `${path}/rotate`),
      await client.call('GET', path),
      await client.call('DELETE', `${path}/${third}`),
      await client.call('DELETE', `${path}/${second}`),
      await client.call('DELETE', `${path}/${given[0]}`),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 200, 200, 409, 404])
    const told = JSON.stringify([answers, lines])
    for (const key of [...given, ...(await keysIn(client.store))]) {
      // Whoever tries a path with a key in it has told it himself.
      expect(told.replaceAll(`${path}/${given[0]}`, '')).not.toContain(key)
    }
    const audited = z.array(z.tuple([z.looseObject({ audit: z.literal(true) }), z.string()]))
    const changes = audited.parse(lines.filter((line) => JSON.stringify(line).includes('"audit"')))
    expect(changes.map(([{ action, kind, id, group }]) => [action, kind, id, group])).toEqual([
      ['create', 'keyring', first, 'default'],
      ['rotate', 'keyring', fieldKeyring(await keysIn(client.store)).keyIds[0], 'default'],
      ['delete', 'keyring', third, 'default'],
    ])
  })

  it('loses a key only when no snapshot of any backup needs it, and never the active one', async () => {
    const [primary, replica] = [backupOn(), backupOn()]
    const client = await adminClient({ groupBackups: () => [primary, replica] })
    await client.call('PUT', path, { keyring: given })
    await publishWith(primary, second, 1)
    await publishWith(primary, first, 2)
    await publishWith(replica, third, 1)
    expect(
      (await listOf(client)).list.map(({ id, needed, needed_by_newest }) => [id, needed, needed_by_newest]),
    ).toEqual([
      [first, true, true],
      [second, true, false],
      [third, true, true],
    ])
    const refusal = async (method: string, below: string, body?: unknown): Promise<unknown> => {
      const answer = await client.call(method, `${path}${below}`, body)
      expect(answer.status).toBe(409)
      return answer.body
    }
    for (const below of [`/${first}`, `/${first}?force=true`]) {
      expect(await refusal('DELETE', below)).toEqual({
        error_msg: `can not delete the key ${first}, it is the active one`,
      })
    }
    for (const id of [second, third]) {
      const needed = {
        error_msg: expect.stringMatching(`^can not do without the key ${id}, 1 snapshots in .* still need it$`),
      }
      expect(await refusal('DELETE', `/${id}`)).toEqual(needed)
      const others = given.filter((key) => fieldKeyring([key]).keyIds[0] !== id)
      expect(await refusal('PUT', '', { keyring: others })).toEqual(needed)
    }
    expect(await keysIn(client.store)).toEqual(given)
    expect((await client.call('DELETE', `${path}/${third}?force=true`)).status).toBe(200)
    expect(await keysIn(client.store)).toEqual(given.slice(0, 2))
  })

  it('loses no key while a backup cannot say what it needs, unless forced', async () => {
    const storage = memoryStorage()
    let isDown = false
    const backup = backupOn(faultyStorage(storage, { onCall: () => (isDown ? 'fail-before' : undefined) }))
    const client = await adminClient({ groupBackups: () => [backup] })
    await client.call('PUT', path, { keyring: given })
    await publishWith(backup, first, 1)
    expect(await listOf(client)).toMatchObject({ list: [{ needed: true }, { needed: false }, {}], unread_backups: [] })
    isDown = true
    expect(await listOf(client)).toMatchObject({ list: [{ needed: null }, {}, {}], unread_backups: [backup.name] })
    const refused = await client.call('DELETE', `${path}/${second}`)
    expect([refused.status, refused.body]).toEqual([
      409,
      { error_msg: `can not do without any key, ${backup.name} can not be asked which its snapshots need` },
    ])
    expect((await client.call('DELETE', `${path}/${second}?force=true`)).status).toBe(200)
  })

  it('does not begin without the keys that snapshots of its backup need, as when its control plane is rebuilt', async () => {
    const backup = backupOn()
    await publishWith(backup, second, 1)
    const client = await adminClient({ groupBackups: () => [backup] })
    for (const [method, below, body] of [
      ['POST', '/rotate', undefined],
      ['PUT', '', { keyring: given[0] }],
    ] as const) {
      const answer = await client.call(method, `${path}${below}`, body)
      expect([answer.status, answer.body]).toEqual([
        409,
        { error_msg: `can not do without the key ${second}, 1 snapshots in ${backup.name} still need it` },
      ])
    }
    expect(await keysIn(client.store)).toEqual([])
    expect((await client.call('PUT', path, { keyring: [given[0], given[1]] })).status).toBe(201)
    expect((await client.call('POST', `${path}/rotate`)).status).toBe(201)
    expect((await keysIn(client.store)).slice(1)).toEqual(given.slice(0, 2))
  })

  it('loses no key where no backup of the group is known, unless forced', async () => {
    const client = await adminClient()
    expect((await client.call('PUT', path, { keyring: given })).status).toBe(201)
    expect(await listOf(client)).toMatchObject({ list: [{ needed: null, needed_by_newest: null }, {}, {}] })
    for (const [method, below, body] of [
      ['DELETE', `/${second}`, undefined],
      ['PUT', '', { keyring: given[0] }],
    ] as const) {
      const refused = await client.call(method, `${path}${below}`, body)
      expect([refused.status, refused.body]).toEqual([
        409,
        {
          error_msg:
            'can not do without any key, no backup of the group is known here: ' +
            'ask the control plane that has it in fallback_cp, or give force=true',
        },
      ])
    }
    expect(await keysIn(client.store)).toEqual(given)
    expect((await client.call('PUT', path, { keyring: [...given].toReversed() })).status).toBe(200)
    expect((await client.call('DELETE', `${path}/${second}?force=true`)).status).toBe(200)
    expect((await client.call('PUT', `${path}?force=true`, { keyring: given[0] })).status).toBe(200)
  })

  it('loses no key where another control plane backs the group up to a store that is not known here', async () => {
    const elsewhere = { ...backupOn(), name: 's3 of another' }
    const here = backupOn()
    const client = await adminClient({ groupBackups: () => [here] })
    const other = await adminClient({ store: client.store, groupBackups: () => [here, elsewhere] })
    await client.call('PUT', path, { keyring: given })
    const { signal } = new AbortController()
    const note = async (group: string, backups: readonly SnapshotStore[]) =>
      noteBackups(client.store, { group, backups, clock: systemClock, signal })
    await note('default', [here])
    await note('default-2', [elsewhere])
    expect((await client.call('DELETE', `${path}/${third}`)).status).toBe(200)

    await note('default', [here, elsewhere])
    const revision = await client.store.revision()
    await note('default', [here, elsewhere])
    expect(await client.store.revision()).toBe(revision)
    expect(await listOf(client)).toMatchObject({ list: [{ needed: null }, {}], unread_backups: ['s3 of another'] })
    const refused = await client.call('DELETE', `${path}/${second}`)
    expect([refused.status, refused.body]).toEqual([
      409,
      { error_msg: expect.stringMatching(/^can not do without any key, s3 of another is a backup that is not known /) },
    ])
    expect(await listOf(other)).toMatchObject({ list: [{ needed: false }, {}], unread_backups: [] })
    expect((await other.call('DELETE', `${path}/${second}`)).status).toBe(200)
  })

  it('loses no key that was rotated out until the exporter has committed the rotation in every store', async () => {
    const [primary, replica] = [backupOn(), backupOn()]
    const client = await adminClient({ groupBackups: () => [primary, replica] })
    await client.call('PUT', path, { keyring: [given[1], given[0]] })
    for (const backup of [primary, replica]) await publishKeyring(backup, [given[0]], 1)
    const refused = {
      error_msg: `can not do without the key ${first}, it is still the active one in the newest snapshot in ${replica.name}`,
    }
    for (const backup of [primary, replica]) {
      const answer = await client.call('DELETE', `${path}/${first}`)
      expect([answer.status, answer.body]).toEqual([409, refused])
      expect((await client.call('PUT', path, { keyring: given[1] })).body).toEqual(refused)
      expect(await listOf(client)).toMatchObject({ list: [{}, { id: first, needed: true, needed_by_newest: true }] })
      await publishKeyring(backup, [given[1], given[0]], 2)
    }
    expect(await listOf(client)).toMatchObject({ list: [{ needed: true }, { id: first, needed: false }] })
    expect((await client.call('DELETE', `${path}/${first}`)).status).toBe(200)
  })

  it('loses no key while a snapshot of its backup is listed and not there; one that was pruned meanwhile needs none', async () => {
    for (const isPruned of [false, true]) {
      const storage = memoryStorage()
      await publishWith(backupOn(storage), second, 1)
      await publishWith(backupOn(storage), first, 2)
      const manifest = 'groups/default/resources/manifests/000000000001.json'
      await storage.delete(manifest)
      let isListed = true
      const listing: StorageAdapter = {
        ...storage,
        async *list(prefix, options) {
          if (isListed && manifest.startsWith(prefix)) yield manifest
          yield* storage.list(prefix, options)
        },
      }
      const backup = backupOn(
        faultyStorage(listing, {
          onCall({ operation, key }) {
            if (operation === 'get' && key === manifest) isListed = !isPruned
            return undefined
          },
        }),
      )
      const client = await adminClient({ groupBackups: () => [backup] })
      await client.call('PUT', `${path}?force=true`, { keyring: given })
      expect((await client.call('DELETE', `${path}/${second}`)).status).toBe(isPruned ? 200 : 409)
    }
  })

  it('loses no key while a snapshot of its backup is damaged: it may need any', async () => {
    const storage = memoryStorage()
    const backup = backupOn(storage)
    const client = await adminClient({ groupBackups: () => [backup] })
    await client.call('PUT', path, { keyring: given })
    await publishWith(backup, first, 1)
    await storage.put('groups/default/resources/manifests/000000000002.json', Buffer.from('rotten'))
    expect((await client.call('DELETE', `${path}/${second}`)).status).toBe(409)
  })

  it('is not changed by two control planes at once: both have their way, one after the other', async () => {
    const client = await adminClient()
    const others = [client, await adminClient({ store: client.store }), await adminClient({ store: client.store })]
    await Promise.all(others.map(async ({ call }) => call('PUT', path, { keyring: given[0] })))
    const answers = await Promise.all(others.map(async ({ call }) => call('POST', `${path}/rotate`)))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    const keys = await keysIn(client.store)
    expect(keys).toHaveLength(4)
    expect(keys.at(-1)).toBe(given[0])
  })

  it('belongs to a group: there is none of one that does not exist, and each has its own', async () => {
    const { call } = await adminClient({ logger: silentLogger })
    for (const [method, below, body] of [
      ['GET', '', undefined],
      ['PUT', '', { keyring: given }],
      ['POST', '/rotate', undefined],
      ['DELETE', `/${first}`, undefined],
    ] as const) {
      const answer = await call(method, `gateway_groups/edge/keyring${below}`, body)
      expect([answer.status, answer.body]).toEqual([404, { error_msg: 'gateway group [edge] not found' }])
    }
    await call('PUT', 'gateway_groups/edge', {})
    await call('PUT', 'gateway_groups/edge/keyring', { keyring: given })
    expect((await call('GET', path)).body).toMatchObject({ total: 0 })
    expect((await call('GET', 'gateway_groups/edge/keyring')).body).toMatchObject({ total: 3 })
  })
})
