import {
  silentLogger,
  snapshotStore,
  systemClock,
  type Entry,
  type Logger,
  type SnapshotStore,
} from '@outlast/snapshot'
import { keyringOf } from '@outlast/snapshot/apisix'
import { memoryStorage } from '@outlast/storage'
import { faultyStorage } from '@outlast/storage-testkit'
import { describe, expect, it } from 'vitest'
import { configStoreSource } from '../../src/control-plane/config-store-source.ts'
import { ensureKeyring, ensureKeyrings } from '../../src/control-plane/ensure-keyring.ts'
import { registerGroup } from '../../src/control-plane/gateway-groups.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { put, scratchStore } from './scratch-store.ts'

const { signal } = new AbortController()

async function instanceOf(store: ConfigStore, group = 'default'): Promise<readonly Entry[]> {
  return (await configStoreSource(store, group).load()).instance
}

function backupOn(storage = memoryStorage()) {
  return snapshotStore({ group: 'default', resources: storage, instance: storage })
}

const keptKeyring: Entry = { kind: 'keyring', id: 'kept', value: { keyring: ['0123456789abcdef'] } }

async function publish(backup: SnapshotStore, entries: readonly Entry[] = [keptKeyring]): Promise<void> {
  const publication = await backup.instance.begin()
  await publication.publish({ entries, position: { epoch: 1, revision: 1 }, source: { identity: 'etcd:gone' } })
}

/** A logger that keeps what it is told to warn of. */
function warnings(): { readonly logger: Logger; readonly lines: unknown[] } {
  const lines: unknown[] = []
  return { logger: { ...silentLogger, warn: (...line) => void lines.push(line) }, lines }
}

describe('the keyring of a gateway group', () => {
  it('is generated when there is none, at random, and for each group on its own', async () => {
    const store = await scratchStore()
    const told: string[] = []
    const logger = { ...silentLogger, info: (fields: object) => void told.push(JSON.stringify(fields)) }
    for (const group of ['default', 'other']) await ensureKeyring({ store, group, logger, signal })
    const [ours, others] = [await instanceOf(store), await instanceOf(store, 'other')]
    expect(ours).toEqual([{ kind: 'keyring', id: '1', value: { keyring: [expect.stringMatching(/^[\w-]{32}$/)] } }])
    expect(keyringOf(ours)).toMatchObject({ keyIds: [expect.any(String)], wellKnown: [] })
    expect(keyringOf(ours).keyIds).not.toEqual(keyringOf(others).keyIds)
    expect(told).toEqual([
      JSON.stringify({ group: 'default', keyIds: keyringOf(ours).keyIds }),
      JSON.stringify({ group: 'other', keyIds: keyringOf(others).keyIds }),
    ])
  })

  it('is generated once when two control planes find none at the same moment, and told by the one whose it is', async () => {
    const store = await scratchStore()
    const told: string[] = []
    const logger = { ...silentLogger, info: (fields: object) => void told.push(JSON.stringify(fields)) }
    await Promise.all([1, 2].map(async () => ensureKeyring({ store, group: 'default', logger, signal })))
    expect(told).toEqual([JSON.stringify({ group: 'default', keyIds: keyringOf(await instanceOf(store)).keyIds })])
  })

  it.each(['with a backup', 'without'] as const)(
    'is one when the control plane %s is slower than another that finds none either',
    async (slower) => {
      const store = await scratchStore()
      const backup = backupOn()
      await publish(backup)
      const told: string[] = []
      const logger = { ...silentLogger, info: (_: object, message: string) => void told.push(message) }

      const first = Promise.withResolvers<void>()
      const options = { group: 'default', logger, signal }
      const ensure = async (asked: SnapshotStore | undefined, who: typeof slower): Promise<void> => {
        const transaction: ConfigStore['transaction'] = async (wanted) => {
          if (who === slower) await first.promise
          return store.transaction(wanted)
        }
        await ensureKeyring({ ...options, store: { ...store, transaction }, backup: asked })
        first.resolve()
      }
      await Promise.all([ensure(backup, 'with a backup'), ensure(undefined, 'without')])
      const [found, ...others] = await instanceOf(store)
      expect(others).toEqual([])
      const isKept = slower === 'without'
      expect(found?.id).toBe(isKept ? 'kept' : '1')
      expect(told).toEqual([isKept ? 'took over the keyring of the backup' : 'generated a keyring'])
    },
  )

  it('is left alone when there is one, under whatever id', async () => {
    const store = await scratchStore()
    await put(store, '/gateway_groups/default/keyring/mine', '{"keyring":"edd1c9f0985e76a2"}')
    await ensureKeyring({ store, group: 'default', logger: silentLogger, signal })
    await ensureKeyring({ store, group: 'default', logger: silentLogger, signal })
    expect(await instanceOf(store)).toEqual([{ kind: 'keyring', id: 'mine', value: { keyring: 'edd1c9f0985e76a2' } }])
  })

  it('gets a key when there is none in it, and keeps what else it has', async () => {
    const store = await scratchStore()
    await put(store, '/gateway_groups/default/keyring/mine', '{"enable_encrypt_fields":true}')
    await ensureKeyring({ store, group: 'default', logger: silentLogger, signal })
    const keyring = [expect.stringMatching(/^[\w-]{32}$/)]
    expect(await instanceOf(store)).toEqual([
      { kind: 'keyring', id: 'mine', value: { enable_encrypt_fields: true, keyring } },
    ])
  })

  it('is that of the backup when the control plane has lost it', async () => {
    const store = await scratchStore()
    const backup = backupOn()
    await publish(backup, [keptKeyring, { kind: 'discovery', id: 'dns', value: {} }])
    await ensureKeyring({ store, group: 'default', backup, logger: silentLogger, signal })
    expect(await instanceOf(store)).toEqual([keptKeyring])
  })

  it('is generated when the backup holds none, or holds it damaged', async () => {
    const [broken, halved] = [memoryStorage(), memoryStorage()]
    await broken.put('groups/default/instance/manifests/000000000001.json', Buffer.from('rotten'))
    await publish(backupOn(halved))
    const isPart = (key: string): boolean => !key.includes('/manifests/') && !key.endsWith('head.json')
    const damaged = faultyStorage(halved, {
      onCall: ({ operation, key }) => (operation === 'get' && isPart(key) ? 'truncate' : undefined),
    })
    for (const backup of [backupOn(), backupOn(broken), backupOn(damaged)]) {
      const store = await scratchStore()
      await ensureKeyring({ store, group: 'default', backup, logger: silentLogger, signal })
      expect(await instanceOf(store)).toMatchObject([{ kind: 'keyring', id: '1' }])
    }
  })

  it('is not generated while the backup cannot be asked, and is that of the backup once it can', async () => {
    const store = await scratchStore()
    const storage = memoryStorage()
    await publish(backupOn(storage))
    let isDown = true
    const backup = backupOn(faultyStorage(storage, { onCall: () => (isDown ? 'fail-before' : undefined) }))
    const ensured = async () => ensureKeyring({ store, group: 'default', backup, logger: silentLogger, signal })
    await expect(ensured()).rejects.toThrow(
      /^memory.* cannot be asked for the keyring that its snapshots need, and no other is generated \(/,
    )
    expect(await instanceOf(store)).toEqual([])
    isDown = false
    await ensured()
    expect(await instanceOf(store)).toEqual([keptKeyring])
  })

  it('is not generated while a part of the one in the backup has not arrived', async () => {
    const store = await scratchStore()
    const storage = memoryStorage()
    await publish(backupOn(storage))
    for await (const key of storage.list('groups/default/instance/')) {
      if (!key.includes('/manifests/')) await storage.delete(key)
    }
    const backup = backupOn(storage)
    await expect(ensureKeyring({ store, group: 'default', backup, logger: silentLogger, signal })).rejects.toThrow(
      / cannot be asked for the keyring /,
    )
    expect(await instanceOf(store)).toEqual([])
  })

  it('is waited for in vain by nobody: a group whose backup cannot be asked is warned of, and holds up no other', async () => {
    const store = await scratchStore()
    for (const group of ['default', 'other']) await registerGroup(store, group, systemClock)
    const { logger, lines } = warnings()
    const down = backupOn(faultyStorage(memoryStorage(), { onCall: () => 'fail-before' }))
    const backup = (group: string) => (group === 'default' ? down : undefined)
    await ensureKeyrings({ store, backup, logger, signal })
    expect(lines).toEqual([
      [
        { group: 'default', reason: expect.stringContaining('cannot be asked for the keyring') },
        'the gateway group has no keyring yet',
      ],
    ])
    expect(await instanceOf(store)).toEqual([])
    expect(keyringOf(await instanceOf(store, 'other')).keyIds).toHaveLength(1)
  })
  it('is not waited for any longer by a hundred groups than by one, when their backup gives no answer at all', async () => {
    const store = await scratchStore()
    const names = Array.from({ length: 100 }, (_, index) => `group-${String(index)}`)
    for (const group of names) await registerGroup(store, group, systemClock)
    const { logger, lines } = warnings()
    const silent = backupOn(faultyStorage(memoryStorage(), { onCall: () => 'hang', timeoutMs: 3_600_000 }))
    const attempt = { store, backup: () => silent, timeoutMs: 100, logger, signal }
    await ensureKeyrings(attempt)
    expect(lines).toHaveLength(100)
    expect(lines[99]).toEqual([
      { group: expect.any(String), reason: 'its backup did not answer in time' },
      'the gateway group has no keyring yet',
    ])
    const group = 'group-0'
    await expect(ensureKeyring({ ...attempt, group, backup: silent })).rejects.toThrow(
      / cannot be asked for the keyring /,
    )
  })
})
