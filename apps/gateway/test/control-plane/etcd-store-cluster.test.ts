import { chaosProxy, type ChaosProxy } from '@outlast/storage-testkit'
import { startEtcdCluster, type EtcdMembers } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { prefixSpan, type ConfigStore, type KeySpan } from '../../src/control-plane/store/config-store.ts'
import { StoreError } from '../../src/control-plane/store/store-error.ts'
import { openEtcdStore } from './scratch-etcd-store.ts'
import { put } from './scratch-store.ts'

/** Members behind a proxy each: the network between them and the control plane. */
describeWithServer('etcd', 'etcdStore on three members', () => {
  let cluster: EtcdMembers
  let proxies: readonly ChaosProxy[]
  let runs = 0

  beforeAll(async () => {
    cluster = await startEtcdCluster()
    proxies = await Promise.all(
      cluster.members.map(async ({ clientPort }) => chaosProxy({ upstream: { host: '127.0.0.1', port: clientPort } })),
    )
  })
  afterAll(async () => {
    await Promise.all(proxies.map(async (proxy) => proxy.stop()))
    await cluster.stop()
  })

  /** A store that asks this member first. */
  const openAt = (first: number, timeoutMs = 10_000): ConfigStore => {
    const endpoints = proxies.map(({ port }) => `http://127.0.0.1:${port}`)
    return openEtcdStore({ endpoints: [...endpoints.slice(first), ...endpoints.slice(0, first)], timeoutMs })
  }

  /** Writes and follows until it is stopped, and then says what was acknowledged, told, and is there. */
  const run = async (store: ConfigStore) => {
    runs += 1
    const keys = prefixSpan(`/run-${runs}/`)
    const startRevision = (await store.revision()) + 1
    const acknowledged = new Map<string, number>()
    const told: number[] = []
    const failures: unknown[] = []
    const enough = new AbortController()
    const writing = (async () => {
      for (let n = 0; !enough.signal.aborted; n += 1) {
        const key = `${keys.from}${n}`
        try {
          acknowledged.set(key, await put(store, key, String(n)))
        } catch (error) {
          failures.push(error)
        }
      }
    })()
    const stop = new AbortController()
    const following = (async () => {
      for await (const batch of store.watch({ keys, startRevision, signal: stop.signal })) {
        if (batch.type === 'events')
          told.push(...batch.events.map((event) => ('item' in event ? event.item.modRevision : 0)))
      }
    })()
    const more = async (): Promise<void> => {
      const [written, seen] = [acknowledged.size, told.length]
      await expect.poll(() => acknowledged.size).toBeGreaterThan(written + 20)
      await expect.poll(() => told.length).toBeGreaterThan(seen + 20)
    }
    const finish = async (reader: ConfigStore) => {
      enough.abort()
      await writing
      const present = await revisionsOf(reader, keys)
      await expect.poll(() => told.length).toBe(present.length)
      stop.abort()
      await following
      expect(told).toEqual(present)
      const lost = [...acknowledged.values()].filter((revision) => !present.includes(revision))
      expect(lost).toEqual([])
      return { acknowledged: acknowledged.size, present: present.length }
    }
    return { more, finish, failures }
  }

  it.each(['leads', 'follows'])(
    'writes and follows on when the member that it uses is killed, which %s',
    async (role) => {
      const leader = await cluster.leader()
      const used = role === 'leads' ? leader : (leader + 1) % 3
      const store = openAt(used)
      const { more, finish, failures } = await run(store)
      await more()
      await cluster.members[used]?.kill()
      await more()
      await cluster.restart(used)
      await more()
      const { acknowledged, present } = await finish(openAt(used))
      // Each write was told of as what it was: there is one for every acknowledgement, and no other.
      expect(failures).toEqual([])
      expect(present).toBe(acknowledged)
    },
  )

  it.each(['black-hole', 'reset', 'refuse'] as const)(
    'writes and follows on when the member that it uses is cut off by the network (%s)',
    async (fault) => {
      const used = await cluster.leader()
      const proxy = proxies[used]
      const store = openAt(used, 3_000)
      const { more, finish, failures } = await run(store)
      await more()
      await proxy?.set(fault)
      await more()
      await proxy?.set('pass')
      await more()
      const { acknowledged, present } = await finish(store)
      expect(failures).toEqual([])
      expect(present).toBe(acknowledged)
    },
  )

  it('writes and follows on when the leader is frozen', async () => {
    const leader = await cluster.leader()
    const store = openAt(leader)
    const { more, finish, failures } = await run(store)
    await more()
    cluster.members[leader]?.pause()
    await more()
    cluster.members[leader]?.resume()
    await more()
    const { acknowledged, present } = await finish(openAt((leader + 1) % 3))
    expect(failures).toEqual([])
    expect(present).toBe(acknowledged)
  })

  it('serves nothing from a member that has lost the others, and goes on when they are back', async () => {
    const used = 0
    const store = openAt(used, 1_000)
    const { more, finish, failures } = await run(store)
    await more()
    const others = [1, 2]
    await Promise.all(others.map(async (index) => cluster.members[index]?.kill()))
    const read = async (): Promise<unknown> => store.revision().catch((error: unknown) => error)
    await expect.poll(read).toMatchObject({ name: 'StoreError', code: 'unavailable' })
    await expect.poll(() => failures.length).toBeGreaterThan(0)
    await Promise.all(others.map(async (index) => cluster.restart(index)))
    await more()
    await finish(openAt(used))
    // It says which of its writes are in doubt; all others are there, or not, as it said.
    expect(failures.every((error) => StoreError.isInstance(error) && error.code === 'unavailable')).toBe(true)
  })
})

async function revisionsOf(store: ConfigStore, keys: KeySpan): Promise<readonly number[]> {
  const { items } = await store.range({ keys })
  return items.map((item) => item.modRevision).sort((left, right) => left - right)
}
