import '@outlast/virtual-time/at-once'
import {
  generateSealingSecret,
  localSealingKey,
  type Entry,
  type FieldProtection,
  type ProtectionOf,
} from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import type { StorageAdapter } from '@outlast/storage'
import { until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, refusing, remoteStore, route, World } from './world.ts'

const fields = fieldProtection({ group: 'default' })
const firstKey = 'the-first-key-is-32-bytes-long!!'
const secondKey = 'and-so-is-the-second,-of-course!'

function keyring(...keys: readonly string[]): Entry {
  return { kind: 'keyring', id: '1', value: { keyring: keys } }
}

function consumer(id: string, key = `secret of ${id}`): Entry {
  return { kind: 'consumers', id, value: { plugins: { 'key-auth': { key } }, username: id } }
}

function encrypted(keys: Entry, ...entries: readonly Entry[]): Entry[] {
  const protection = fields([keys])
  return entries.map((entry) => protection.protect(entry))
}

const keyIdOf = (key: string): string | undefined => fields([keyring(key)]).keyIds[0]

/** All that is stored, as text, decompressed where it is not sealed. */
async function everythingIn(storage: StorageAdapter, world: World): Promise<string> {
  const texts: string[] = []
  for await (const key of storage.list('')) {
    const object = await storage.get(key)
    texts.push(Buffer.from(object?.bytes ?? []).toString('latin1'))
  }
  const store = remoteStore(storage, world.clock)
  for (const domain of [store.instance, store.resources]) {
    for await (const manifest of domain.history()) {
      const loaded = await domain.load(manifest).catch(() => undefined)
      texts.push(JSON.stringify(loaded?.entries ?? 'sealed'))
    }
  }
  return texts.join('\n')
}

/** Counts how often it is asked to decrypt or encrypt an entry. */
function counting(): { readonly fields: ProtectionOf; revealed: number; protected: number } {
  const counted = {
    revealed: 0,
    protected: 0,
    fields: (instance: Iterable<Entry>): FieldProtection => {
      const protection = fields(instance)
      return {
        ...protection,
        reveal: (entry) => {
          counted.revealed++
          return protection.reveal(entry)
        },
        protect: (entry) => {
          counted.protected++
          return protection.protect(entry)
        },
      }
    },
  }
  return counted
}

describe('encrypted fields', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  const nameOf = ({ kind, id, value }: Entry): string => `${kind}/${id}=${JSON.stringify(value)}`
  const inEffect = (...entries: readonly Entry[]): string[] => entries.map(nameOf).sort()
  const hasLocalCopy = async (revision: number): Promise<void> => {
    await world.clock.turn(1_500)
    const { disk, clock } = world
    let reached: number | undefined
    const look = async (): Promise<void> => {
      reached = (await remoteStore(disk, clock).resources.latest())?.manifest.position.revision
    }
    await until(() => {
      void look()
      return reached === revision
    }, `the local copy is at revision ${revision}`)
  }

  describe('in a snapshot store', () => {
    it('are in clear when they take effect', async () => {
      const keys = keyring(firstKey)
      await publish(world.published, { routes: encrypted(keys, consumer('ada')), instance: [keys], revision: 90 })
      await world.startReady({ live: undefined, fields })
      expect(world.sink.content).toEqual(inEffect(consumer('ada'), keys))
      expect(world.node?.status().quarantined).toEqual([])
    })

    it('make no difference to the control plane that has them in clear', async () => {
      const keys = keyring(firstKey)
      world.live.put('instance', keys)
      world.live.put('resources', consumer('ada'))
      const routes = encrypted(keys, consumer('ada'), route('a'))
      await publish(world.published, { routes, instance: [keys], revision: 102 })
      const node = await world.startReady({ live: undefined, fields })
      const { digest } = node.status()
      const changes = world.sink.changes.length
      node.reconfigure({ live: world.live, stores: [] })
      await world.inMode('live')
      expect(node.status().digest).toBe(digest)
      expect(world.sink.changes).toHaveLength(changes)
    })

    it('are decrypted with the older keys of the keyring too', async () => {
      const routes = encrypted(keyring(firstKey), consumer('ada'))
      const keys = keyring(secondKey, firstKey)
      await publish(world.published, { routes, instance: [keys], revision: 90 })
      await world.startReady({ live: undefined, fields })
      expect(world.sink.content).toEqual(inEffect(consumer('ada'), keys))
    })

    it('cost nothing where nothing has changed', async () => {
      const counted = counting()
      const keys = keyring(firstKey)
      const many = Array.from({ length: 2_000 }, (_none, index) => consumer(`c${index}`))
      await publish(world.published, { routes: encrypted(keys, ...many), instance: [keys], revision: 90 })
      await world.startReady({ live: undefined, local: undefined, fields: counted.fields })
      expect(counted.revealed).toBe(2_000)
      const changed = many.map((entry, index) => (index === 7 ? consumer('c7', 'changed') : entry))
      await publish(world.published, { routes: encrypted(keys, ...changed), instance: [keys], revision: 91 })
      await world.clock.turn(11_000)
      await until(() => world.node?.status().position?.revision === 91, 'the change is in effect')
      // Its part was read again, the others were not.
      expect(counted.revealed).toBeLessThan(2_000 + 2_000 / 8)
    })
  })

  describe('that cannot be decrypted', () => {
    const reason = `encrypted with a key that is not in the keyring (${keyIdOf(secondKey)}) at /plugins/key-auth/key`

    it('quarantine their entries, and block neither the others nor the start', async () => {
      const keys = keyring(firstKey)
      const routes = [
        ...encrypted(keyring(secondKey), consumer('eve')),
        ...encrypted(keys, consumer('ada')),
        route('a'),
      ]
      await publish(world.published, { routes, instance: [keys], revision: 90 })
      const node = await world.startReady({ live: refusing, fields })
      expect(world.sink.content).toEqual(inEffect(consumer('ada'), keys, route('a')))
      expect(node.status().quarantined).toEqual([{ domain: 'resources', kind: 'consumers', id: 'eve', reason }])
      expect(JSON.stringify(world.log)).toContain(reason)
    })

    it('leave the last good version in effect, and heal when the key arrives', async () => {
      const keys = keyring(firstKey)
      const good = encrypted(keys, consumer('ada', 'good'))
      await publish(world.published, { routes: good, instance: [keys], revision: 90 })
      const node = await world.startReady({ live: undefined, fields })
      const newer = encrypted(keyring(secondKey), consumer('ada', 'newer'))
      await publish(world.published, { routes: newer, instance: [keys], revision: 91 })
      await world.clock.turn(11_000)
      await until(() => node.status().quarantined.length === 1, 'it is quarantined')
      expect(world.sink.content).toEqual(inEffect(consumer('ada', 'good'), keys))
      const both = keyring(secondKey, firstKey)
      await publish(world.published, { routes: newer, instance: [both], revision: 92 })
      await world.clock.turn(11_000)
      await world.serves(inEffect(consumer('ada', 'newer'), both))
      expect(node.status().quarantined).toEqual([])
    })

    it('are quarantined by a node that was given no keys at all', async () => {
      const keys = keyring(firstKey)
      await publish(world.published, { routes: encrypted(keys, consumer('ada')), instance: [keys], revision: 90 })
      const node = await world.startReady({ live: undefined })
      expect(world.sink.content).toEqual(inEffect(keys))
      expect(node.status().quarantined).toMatchObject([{ kind: 'consumers', id: 'ada' }])
    })

    it('are quarantined when somebody has put them in the place of others', async () => {
      const keys = keyring(firstKey)
      const [ada] = encrypted(keys, consumer('ada'))
      const moved: Entry = { kind: 'consumers', id: 'eve', value: ada?.value ?? null }
      await publish(world.published, { routes: [moved], instance: [keys], revision: 90 })
      const node = await world.startReady({ live: undefined, fields })
      expect(node.status().quarantined).toMatchObject([
        { id: 'eve', reason: 'encrypted for another place, or damaged, at /plugins/key-auth/key' },
      ])
    })

    it('are still told from secrets after a restart from the local copy, and none of their entry is there in clear', async () => {
      const keys = keyring(firstKey)
      const two = (id: string): Entry => ({
        kind: 'consumers',
        id,
        value: { plugins: { 'key-auth': { key: 'first-secret' }, 'jwt-auth': { secret: 'second-secret' } } },
      })
      const field = (entry: Entry | undefined, name: string): Entry['value'] => {
        const text = JSON.stringify(entry?.value)
        return JSON.parse(text).plugins[name]
      }
      const [ours] = encrypted(keys, two('ada'))
      const [others] = encrypted(keyring(secondKey), two('ada'))
      const mixed: Entry = {
        kind: 'consumers',
        id: 'ada',
        value: { plugins: { 'key-auth': field(ours, 'key-auth'), 'jwt-auth': field(others, 'jwt-auth') } },
      }
      await publish(world.published, { routes: [mixed, route('a')], instance: [keys], revision: 90 })
      await world.startReady({ live: undefined, fields })
      await world.node?.stop()
      expect(await everythingIn(world.disk, world)).not.toContain('first-secret')
      const node = await world.startReady({ live: refusing, stores: [], fields })
      expect(node.status().quarantined).toMatchObject([{ id: 'ada' }])
      expect(world.sink.content).toEqual(inEffect(keys, route('a')))
    })
  })

  describe('on the disk of the node', () => {
    it('are encrypted, and a start from there has them in clear', async () => {
      world.live.put('instance', keyring(firstKey))
      world.live.put('resources', consumer('ada'))
      await world.startReady({ stores: [], fields })
      await world.node?.stop()
      const stored = await everythingIn(world.disk, world)
      expect(stored).not.toContain('secret of ada')
      expect(stored).toContain(`$outlast$1$${keyIdOf(firstKey)}`)
      // Nothing seals it.
      expect(stored).toContain(firstKey)
      await world.startReady({ live: refusing, stores: [], fields })
      expect(world.sink.content).toEqual(inEffect(consumer('ada'), keyring(firstKey), route('a')))
    })

    it('hold nothing of use without the sealing key when there is one', async () => {
      const localSealingKeys = [localSealingKey(generateSealingSecret())]
      world.live.put('instance', keyring(firstKey))
      world.live.put('resources', consumer('ada'))
      await world.startReady({ stores: [], fields, localSealingKeys })
      await world.node?.stop()
      const stored = await everythingIn(world.disk, world)
      expect(stored).not.toContain(firstKey)
      expect(stored).not.toContain('secret of ada')
      expect(stored).toContain('"sealed"')
      await world.startReady({ live: refusing, stores: [], fields, localSealingKeys })
      expect(world.sink.content).toEqual(inEffect(consumer('ada'), keyring(firstKey), route('a')))
    })

    it('are read as they are when an older version has written them in clear', async () => {
      const node = await world.startReady({ stores: [] })
      world.live.put('instance', keyring(firstKey))
      world.live.put('resources', consumer('ada'))
      await until(() => node.status().position?.revision === 102, 'they are in effect')
      await node.stop()
      expect(await everythingIn(world.disk, world)).toContain('secret of ada')
      const localSealingKeys = [localSealingKey(generateSealingSecret())]
      await world.startReady({ live: refusing, stores: [], fields, localSealingKeys })
      expect(world.sink.content).toEqual(inEffect(consumer('ada'), keyring(firstKey), route('a')))
    })

    it('cost only what has changed when they are written', async () => {
      const counted = counting()
      world.live.put('instance', keyring(firstKey))
      for (let index = 0; index < 50; index++) world.live.put('resources', consumer(`c${index}`))
      await world.startReady({ stores: [], fields: counted.fields })
      await hasLocalCopy(151)
      expect(counted.protected).toBe(51)
      world.live.put('resources', consumer('c7', 'changed'))
      await until(() => world.node?.status().position?.revision === 152, 'the change is in effect')
      await hasLocalCopy(152)
      expect(counted.protected).toBe(52)
    })

    it('are encrypted anew with the keys of a new keyring', async () => {
      world.live.put('instance', keyring(firstKey))
      world.live.put('resources', consumer('ada'))
      await world.startReady({ stores: [], fields })
      await hasLocalCopy(102)
      world.live.put('instance', keyring(secondKey))
      await until(() => world.node?.status().position?.revision === 103, 'the keyring is in effect')
      await hasLocalCopy(103)
      const latest = await remoteStore(world.disk, world.clock).resources.latest()
      expect(latest?.manifest.needs?.keys).toEqual([keyIdOf(secondKey)])
    })
  })
})
