import '@outlast/virtual-time/at-once'
import {
  ed25519Signer,
  ed25519TrustedKey,
  generateSigningKey,
  snapshotStore,
  type SnapshotStore,
  type SnapshotStoreOptions,
} from '@outlast/snapshot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, refusing, route, World } from './world.ts'

const [ours, strangers] = [generateSigningKey(), generateSigningKey()]

describe('a node that trusts a key', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  const open = (options: Partial<SnapshotStoreOptions>): SnapshotStore =>
    snapshotStore({
      group: 'default',
      resources: world.bucket,
      instance: world.bucket,
      clock: world.clock,
      ...options,
    })
  const signedBy = ({ privateKey }: { readonly privateKey: string }): SnapshotStore =>
    open({ signer: ed25519Signer(privateKey) })
  const trusting = (): readonly SnapshotStore[] => [open({ trustedKeys: [ed25519TrustedKey(ours.publicKey)] })]

  it('starts from what it has signed', async () => {
    await publish(signedBy(ours), { routes: [route('a', 'signed')], revision: 90 })
    await world.startReady({ live: refusing, stores: trusting() })
    expect(world.sink.content).toEqual(['routes/a="signed"'])
  })

  it.each([
    ['another key has signed', () => signedBy(strangers), 'is signed, but by no key that is trusted here'],
    ['nobody has signed', () => world.published, 'is not signed'],
  ])('refuses a store that %s, and says why', async (_title, publisher, reason) => {
    await publish(publisher(), { routes: [route('a', 'forged')], revision: 90 })
    const node = world.start({ live: refusing, stores: trusting() })
    await world.clock.turn(30_000)
    expect(node.status().ready).toBe(false)
    expect(node.status().sources.stores[0]?.lastError?.message).toContain(reason)
  })

  it('does not take a store that it refuses for an empty one, and an empty control plane for a first installation', async () => {
    await publish(signedBy(strangers), { routes: [route('a', 'forged')], revision: 90 })
    world.live.delete('resources', route('a'))
    const node = world.start({ stores: trusting() })
    await world.clock.turn(30_000)
    expect(node.status()).toMatchObject({ ready: false, held: expect.stringContaining('no store could tell') })
  })

  it('passes over what was put on top of what it trusts', async () => {
    await publish(signedBy(ours), { routes: [route('a', 'signed')], revision: 90 })
    await publish(signedBy(strangers), { routes: [route('a', 'forged')], revision: 99 })
    await world.startReady({ live: refusing, stores: trusting() })
    expect(world.sink.content).toEqual(['routes/a="signed"'])
  })

  it('says what is wrong with an instance configuration that it refuses', async () => {
    await publish(signedBy(strangers), {
      routes: [],
      instance: [{ kind: 'keyring', id: '1', value: 'k' }],
      revision: 90,
    })
    const resources = await signedBy(ours).resources.begin()
    const needs = { instance: { epoch: 1_000, revision: 90 } }
    const source = { identity: 'cp' }
    await resources.publish({ entries: [route('a')], position: { epoch: 1_000, revision: 91 }, source, needs })
    const node = world.start({ live: refusing, stores: trusting() })
    await world.clock.turn(30_000)
    expect(node.status().sources.stores[0]?.lastError?.message).toContain('by no key that is trusted here')
  })
})
