import { silentLogger, snapshotStore, type Entry, type SnapshotStore } from '@outlast/snapshot'
import { keyringOf } from '@outlast/snapshot/apisix'
import { memoryStorage } from '@outlast/storage'
import { faultyStorage } from '@outlast/storage-testkit'
import { describe, expect, it } from 'vitest'
import { configStoreSource } from '../../src/control-plane/config-store-source.ts'
import { ensureKeyring } from '../../src/control-plane/ensure-keyring.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { put, scratchStore } from './scratch-store.ts'

const { signal } = new AbortController()

async function instanceOf(store: ConfigStore, group = 'default'): Promise<readonly Entry[]> {
  return (await configStoreSource(store, group).load()).instance
}

function backupOn(storage = memoryStorage()) {
  return snapshotStore({ group: 'default', resources: storage, instance: storage })
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
      const keyring: Entry = { kind: 'keyring', id: 'kept', value: { keyring: ['0123456789abcdef'] } }
      const publication = await backup.instance.begin()
      const source = { identity: 'etcd:gone' }
      await publication.publish({ entries: [keyring], position: { epoch: 1, revision: 1 }, source })
      const unreachable = backupOn(faultyStorage(memoryStorage(), { onCall: () => 'fail-before' }))
      const told: string[] = []
      const logger = { ...silentLogger, info: (_: object, message: string) => void told.push(message) }

      const first = Promise.withResolvers<void>()
      const options = { group: 'default', logger, signal }
      const ensure = async (asked: SnapshotStore, who: typeof slower): Promise<void> => {
        const transaction: ConfigStore['transaction'] = async (wanted) => {
          if (who === slower) await first.promise
          return store.transaction(wanted)
        }
        await ensureKeyring({ ...options, store: { ...store, transaction }, backup: asked })
        first.resolve()
      }
      await Promise.all([ensure(backup, 'with a backup'), ensure(unreachable, 'without')])
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

  it('is that of the backup when the control plane has lost it', async () => {
    const store = await scratchStore()
    const backup = backupOn()
    const keyring: Entry = { kind: 'keyring', id: 'kept', value: { keyring: ['0123456789abcdef'] } }
    const other: Entry = { kind: 'discovery', id: 'dns', value: {} }
    const publication = await backup.instance.begin()
    const source = { identity: 'etcd:gone' }
    await publication.publish({ entries: [keyring, other], position: { epoch: 1, revision: 1 }, source })
    await ensureKeyring({ store, group: 'default', backup, logger: silentLogger, signal })
    expect(await instanceOf(store)).toEqual([keyring])
  })

  it('is generated when the backup holds none, or cannot be read', async () => {
    const broken = memoryStorage()
    await broken.put('groups/default/instance/manifests/000000000001.json', Buffer.from('rotten'))
    for (const backup of [backupOn(), backupOn(broken)]) {
      const store = await scratchStore()
      await ensureKeyring({ store, group: 'default', backup, logger: silentLogger, signal })
      expect(keyringOf(await instanceOf(store)).keyIds).toHaveLength(1)
    }
  })
})
