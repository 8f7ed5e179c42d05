import '@outlast/virtual-time/at-once'
import { X509Certificate } from 'node:crypto'
import { HandClock, until } from '@outlast/virtual-time'
import { describe, expect, it } from 'vitest'

import { grantsReader } from '../../src/control-plane/data-plane-grants.ts'
import { readClientCertificate } from '../../src/control-plane/etcd-api/client-certificate.ts'
import { groupAccess, type PresentedAccess } from '../../src/control-plane/etcd-api/group-access.ts'
import { newDataPlaneToken, registerGroup, tokenKey } from '../../src/control-plane/gateway-groups.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { StoreError } from '../../src/control-plane/store/store-error.ts'
import { certificatePem } from './data-plane-call.ts'
import { put, remove, scratchStore } from './scratch-store.ts'

const signal = new AbortController().signal
const tokens = [
  { group: 'default', token: 'token-of-default' },
  { group: 'edge', token: 'token-of-edge' },
]

async function access(options: { readonly store?: ConfigStore } = {}) {
  const { store = await scratchStore() } = options
  const clock = new HandClock()
  await registerGroup(store, 'edge', clock)
  const find = groupAccess({ tokens, store, clock })
  const show = (shown: Partial<PresentedAccess>) =>
    find({ authorization: undefined, certificate: undefined, remoteAddress: '192.0.2.1', ...shown })
  return { store, clock, show }
}

const certificate = (name: string) => readClientCertificate(new X509Certificate(certificatePem(`${name}.crt`)))

describe('a client certificate', () => {
  it.each([
    ['default', ['default']],
    ['edge', ['edge']],
    ['two-groups', ['default', 'edge']],
    ['no-group', []],
    ['quoted', []],
    ['server', []],
  ])('%s names the groups %j', (name, groups) => {
    expect(certificate(name).groups).toEqual(groups)
  })

  it('lets in until it expires, also what is open then', async () => {
    const { store, clock, show } = await access()
    const expiresAt = clock.now() + 1_000
    const { isGranted } = await show({ certificate: { groups: ['edge'], expiresAt } })
    expect(await isGranted(await store.revision(), signal)).toBe(true)
    clock.set(expiresAt)
    expect(await isGranted(await store.revision(), signal)).toBe(false)
    await expect(show({ certificate: { groups: ['edge'], expiresAt } })).rejects.toMatchObject({ status: 401 })
  })

  it('lets nobody into a group that is not there', async () => {
    const { show } = await access()
    for (const group of ['', 'never', '../default', '__proto__']) {
      const shown = { certificate: { groups: [group], expiresAt: Infinity } }
      await expect(show(shown)).rejects.toMatchObject({ status: 401 })
    }
  })
})

describe('wrong tokens', () => {
  const wrong = (n: number) => ({ authorization: `wrong-${String(n)}` })

  it('are refused with 429 after ten different ones, from that address alone', async () => {
    const { show } = await access()
    for (let n = 0; n < 10; n += 1) {
      await expect(show(wrong(n))).rejects.toMatchObject({ status: 401, code: 16 })
    }
    for (const authorization of ['wrong-1', 'wrong-11', 'Bearer wrong-12']) {
      await expect(show({ authorization })).rejects.toMatchObject({
        status: 429,
        code: 8,
        message: 'etcdserver: too many invalid auth tokens',
        retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds > 0 && seconds <= 60),
      })
    }
    await expect(show({ ...wrong(13), remoteAddress: '192.0.2.2' })).rejects.toMatchObject({ status: 401 })
  })

  it('do not cut off the data planes behind the same address', async () => {
    const { store, show } = await access()
    for (let n = 0; n < 20; n += 1) await show(wrong(n)).catch(() => {})
    expect(await show({ authorization: 'token-of-edge' })).toMatchObject({ group: 'edge' })
    expect(await show({ certificate: certificate('default') })).toMatchObject({ group: 'default' })
    await remove(store, '/outlast/gateway_groups/edge')
    await expect(show({ authorization: 'token-of-edge' })).rejects.toMatchObject({ status: 429 })
  })

  it('count once each, so that a data plane with an old token locks nobody out', async () => {
    const { show } = await access()
    for (let n = 0; n < 30; n += 1) await expect(show(wrong(1))).rejects.toMatchObject({ status: 401 })
    expect(await show({ authorization: 'token-of-default' })).toMatchObject({ group: 'default' })
  })
})

/** A store that counts how often it is read, and fails while it is told to. */
function watchedStore(inner: ConfigStore): { readonly store: ConfigStore; reads: number; failure: Error | undefined } {
  const watched = {
    reads: 0,
    failure: undefined as Error | undefined,
    store: {
      ...inner,
      async range(options: Parameters<ConfigStore['range']>[0]) {
        watched.reads += 1
        if (watched.failure !== undefined) throw watched.failure
        return inner.range(options)
      },
    },
  }
  return watched
}

describe('what the store says of who may read', () => {
  it('is read once for a revision, however many ask, and never from before it', async () => {
    const watched = watchedStore(await scratchStore())
    const reader = grantsReader({ store: watched.store, clock: new HandClock() })
    await reader.now()
    const readsOfOne = watched.reads
    const { token, kept } = newDataPlaneToken()
    const revision = await put(watched.store, tokenKey('edge'), kept)
    const found = await Promise.all(Array.from({ length: 1000 }, () => reader.since(revision, signal)))
    for (const grants of found) expect(grants.ofToken(token)).toEqual({ group: 'edge', modRevision: revision })
    expect(watched.reads).toBe(2 * readsOfOne)
  })

  it('is read once for requests one after the other too, until something changes', async () => {
    const watched = watchedStore(await scratchStore())
    const reader = grantsReader({ store: watched.store, clock: new HandClock() })
    await reader.now()
    const readsOfOne = watched.reads
    for (let n = 0; n < 100; n += 1) await reader.now()
    expect(watched.reads).toBe(readsOfOne)
    const { token, kept } = newDataPlaneToken()
    await put(watched.store, tokenKey('edge'), kept)
    expect((await reader.now()).ofToken(token)?.group).toBe('edge')
    await remove(watched.store, tokenKey('edge'))
    expect((await reader.now()).ofToken(token)).toBeUndefined()
    expect(watched.reads).toBe(3 * readsOfOne)
  })

  it('is what it was when somebody asked, or later, also when it was being read already', async () => {
    const watched = watchedStore(await scratchStore())
    const reader = grantsReader({ store: watched.store, clock: new HandClock() })
    const early = reader.now()
    const { token, kept } = newDataPlaneToken()
    await put(watched.store, tokenKey('edge'), kept)
    const late = await Promise.all([reader.now(), reader.now()])
    await early
    expect(late.map((grants) => grants.ofToken(token)?.group)).toEqual(['edge', 'edge'])
  })

  it('is waited for by those who were let in, while the store does not answer', async () => {
    const watched = watchedStore(await scratchStore())
    const { clock, show } = await access({ store: watched.store })
    const { isGranted } = await show({ authorization: 'token-of-edge' })
    const revision = await put(watched.store, '/gateway_groups/edge/routes/1')
    watched.failure = new StoreError('unavailable', 'down')
    const granted = isGranted(revision, signal)
    await until(() => clock.sleeping === 1, 'a pause')
    await expect(show({ authorization: 'token-of-edge' })).rejects.toMatchObject({ code: 'unavailable' })
    watched.failure = undefined
    await clock.turn(1_000)
    expect(await granted).toBe(true)
  })
})
