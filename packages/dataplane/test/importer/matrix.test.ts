import { memorySource, SourceError, type ConfigSource } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settled } from './hand-clock.ts'
import { blackHole, publish, refusing, remoteStore, route, World } from './world.ts'

// Every combination of what can be wrong with the control plane, the store and the local copy. Revisions: the control
// plane says 120, the store holds 110, the local copy 100; each says so in the one route that there is.

const controlPlanes = ['up', 'down', 'black hole', 'empty', 'older', 'other identity'] as const
const stores = ['up', 'down', 'black hole', 'empty', 'damaged'] as const
const locals = ['good', 'absent', 'damaged'] as const
type ControlPlane = (typeof controlPlanes)[number]
type Store = (typeof stores)[number]
type Local = (typeof locals)[number]

const name = 'control plane'
const sources: { readonly [state in ControlPlane]: () => ConfigSource } = {
  up: () => memorySource({ name, identity: 'cp', revision: 120, resources: [route('a', 'live')] }),
  down: () => refusing,
  'black hole': () => blackHole,
  empty: () => memorySource({ name, identity: 'cp', revision: 120 }),
  older: () => memorySource({ name, identity: 'cp', revision: 50, resources: [route('a', 'older')] }),
  'other identity': () => memorySource({ name, identity: 'new', revision: 900, resources: [route('a', 'other')] }),
}
function expected(cp: ControlPlane, store: Store, local: Local) {
  const live = (content?: string) => ({ mode: 'live', isHeld: false, content: content === undefined ? [] : [content] })
  if (cp === 'up') return live('routes/a="live"')
  const isHeld = cp !== 'down' && cp !== 'black hole'
  // The newest that can be had; beside it no other control plane is believed.
  if (store === 'up') return { mode: 'standalone', isHeld, content: ['routes/a="store"'] }
  if (local === 'good') return { mode: 'standalone', isHeld, content: ['routes/a="local"'] }
  if (cp === 'older') return live('routes/a="older"')
  if (cp === 'other identity') return live('routes/a="other"')
  // Only a first installation believes an empty one.
  if (cp === 'empty' && store === 'empty' && local === 'absent') return live()
  return { mode: 'starting', isHeld, content: [] }
}

async function damage(storage: StorageAdapter): Promise<void> {
  const keys: string[] = []
  for await (const key of storage.list('')) if (key.includes('/parts/')) keys.push(key)
  for (const key of keys) await storage.put(key, new TextEncoder().encode('rotten'))
}

describe.each(controlPlanes)('with a control plane that is: %s,', (cp) => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  const spoil = async (store: Store): Promise<void> => {
    if (store === 'down') world.bucketFault = 'fail-before'
    if (store === 'black hole') world.bucketFault = 'hang'
    if (store === 'damaged') await damage(world.bucket)
  }

  describe.each(stores)('and a store that is: %s,', (store) => {
    it.each(locals)('a node starts as it should from a local copy that is: %s', async (local) => {
      if (local !== 'absent') {
        await publish(remoteStore(world.disk, world.clock), { routes: [route('a', 'local')], revision: 100 })
      }
      if (local === 'damaged') await damage(world.disk)
      if (store !== 'empty') await publish(world.published, { routes: [route('a', 'store')], revision: 110 })
      await spoil(store)

      const node = world.start({ live: sources[cp]() })
      await world.clock.turn(2_000)
      await settled()
      await settled()

      const { mode, held } = node.status()
      expect({ mode, isHeld: held !== undefined, content: world.sink.content }).toEqual(expected(cp, store, local))
      expect(node.status().ready).toBe(mode !== 'starting')
    })

    it('a running node keeps what it runs, or goes on from there', async () => {
      if (store !== 'empty') await publish(world.published, { routes: [route('a', 'store')], revision: 110 })
      const before = memorySource({ name, identity: 'cp', revision: 115, resources: [route('a', 'running')] })
      const node = await world.startReady({ live: before })
      await spoil(store)
      before.fail(new SourceError('unavailable', 'gone'))
      node.reconfigure({ live: sources[cp](), stores: [world.store()] })
      await world.clock.turn(11_000)
      await settled()

      const isBack = cp === 'up'
      expect(world.sink.content).toEqual([isBack ? 'routes/a="live"' : 'routes/a="running"'])
      const answers = cp !== 'down' && cp !== 'black hole'
      expect(node.status()).toMatchObject({ mode: isBack ? 'live' : 'holding', ready: true })
      expect(node.status().held !== undefined).toBe(answers && !isBack)
    })
  })
})
