import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createExporter, type Exporter } from '@outlast/exporter'
import { entryKey, snapshotStore, type Manifest } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import { memoryStorage } from '@outlast/storage'
import { freePort, startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { base64, etcdClient } from './etcd-client.ts'

const routes = { a: { uri: '/a' }, b: { uri: '/b' }, c: { uri: '/c' } }

describeWithServer('etcd', 'a real etcd that is wiped and started again with the same flags', () => {
  let folder: string
  let etcd: Etcd
  let flags: readonly string[]
  let clientPort: number
  let exporters: Exporter[]
  let store: ReturnType<typeof snapshotStore>

  /** The same peer address makes the same cluster id. */
  const start = async (): Promise<void> => {
    etcd = await startEtcd({ dataDir: join(folder, 'data'), clientPort, flags })
  }
  const wipe = async (): Promise<void> => {
    await etcd.stop()
    await rm(join(folder, 'data'), { recursive: true })
    await start()
  }
  const put = async (key: string, value: object): Promise<void> => {
    await etcdClient(etcd.endpoint).post('/v3/kv/put', { key: base64(key), value: base64(JSON.stringify(value)) })
  }
  const remove = async (key: string): Promise<void> => {
    await etcdClient(etcd.endpoint).post('/v3/kv/deleterange', { key: base64(key) })
  }
  const fill = async (content: Readonly<Record<string, object>>): Promise<void> => {
    for (const [id, value] of Object.entries(content)) await put(`/apisix/routes/${id}`, value)
  }
  /** As nodes do that report what they are: the revision rises, and the configuration stays. */
  const report = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count++) await put('/apisix/data_plane/server_info/node', { count })
  }
  const source = () => etcdSource({ endpoints: [etcd.endpoint], heartbeatMs: 50, timeoutMs: 1_000 })
  const exporter = (): Exporter => {
    const created = createExporter({ store, source: source(), schedule: { everyMs: 100 } })
    exporters.push(created)
    return created
  }
  const newest = async (): Promise<Manifest | undefined> => (await store.resources.latest())?.manifest
  const backup = async (): Promise<object> => {
    const manifest = await newest()
    const entries = manifest === undefined ? [] : (await store.resources.load(manifest)).entries
    return Object.fromEntries(entries.map((entry) => [entryKey(entry), entry.value]))
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-wiped-etcd-'))
    const peer = `http://127.0.0.1:${String(await freePort())}`
    flags = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`]
    clientPort = await freePort()
    exporters = []
    const storage = memoryStorage()
    store = snapshotStore({ group: 'default', resources: storage, instance: storage })
    await start()
  })
  afterEach(async () => {
    await Promise.all(exporters.map(async (each) => each.stop()))
    await etcd.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('never takes the place of the backup with other content, by the time its revision is higher than before', async () => {
    await fill(routes)
    const running = exporter()
    await running.start()
    const before = await source().load()

    await wipe()
    await fill({ b: { uri: '/other' }, x: { uri: '/x' } })
    await report(10)
    await fill({ c: { uri: '/written-late' } })

    const after = await source().load()
    expect(after.identity).toBe(before.identity)
    expect(after.revision).toBeGreaterThan(before.revision)
    const reason =
      'the source was started anew under the same identity: ' +
      '2 entries, routes/b first, differ although they were not modified since the snapshot'
    await expect.poll(() => running.status().domains.resources.held?.reason).toBe(reason)
    // One that begins now, and knows nothing but the store.
    expect((await exporter().exportOnce()).resources).toStrictEqual({ status: 'held', reason })
    expect(await newest()).toMatchObject({ sequence: 1, position: { revision: before.revision } })
    expect(await backup()).toStrictEqual({ 'routes/a': routes.a, 'routes/b': routes.b, 'routes/c': routes.c })
  })

  it('is followed from what an operator accepts, after it was held for everybody who looks', async () => {
    await fill(routes)
    await exporter().exportOnce()
    await wipe()
    const other = { b: { uri: '/other' }, x: { uri: '/x' } }
    await fill(other)
    expect((await exporter().exportOnce()).resources).toMatchObject({ reason: expect.stringContaining('went back') })
    const { base = '', root = '', identity = '', summary } = (await store.resources.latest())?.candidate ?? {}
    expect(summary).toBe('would remove 2 routes; would change 1 route; would add 1 route')
    const by = { actor: 'ada', reason: 'INC-7' }
    await store.resources.operator.accept(by, { base, candidate: root, identity })

    const running = exporter()
    await running.start()
    expect(await newest()).toMatchObject({ sequence: 2, root, approvals: [{ action: 'accept', ...by }] })
    await fill({ y: { uri: '/y' } })
    await expect.poll(backup).toStrictEqual({ 'routes/b': other.b, 'routes/x': other.x, 'routes/y': { uri: '/y' } })
    expect(running.status().domains.resources.held).toBeUndefined()
  })

  it('that comes up empty leaves the backup as it is, and so does one that was emptied', async () => {
    await fill(routes)
    await exporter().exportOnce()
    for (const id of Object.keys(routes)) await remove(`/apisix/routes/${id}`)
    expect((await exporter().exportOnce()).resources).toMatchObject({ reason: expect.stringContaining('is empty') })
    await wipe()
    expect((await exporter().exportOnce()).resources).toMatchObject({ reason: expect.stringContaining('went back') })
    expect(Object.keys(await backup())).toHaveLength(3)
  })

  it('that was restored from an older backup of its own is held, however far it goes on, until what it has is accepted', async () => {
    await fill({ a: routes.a, b: routes.b })
    await etcd.kill()
    await cp(join(folder, 'data'), join(folder, 'older'), { recursive: true })
    await start()
    await fill({ c: routes.c, a: { uri: '/newer' } })
    await report(5)
    const running = exporter()
    await running.start()
    const [before, kept] = [await newest(), await backup()]

    await etcd.kill()
    await rm(join(folder, 'data'), { recursive: true })
    await cp(join(folder, 'older'), join(folder, 'data'), { recursive: true })
    await start()
    const restored = await source().load()
    expect(restored).toMatchObject({ identity: before?.source.identity })
    expect(restored.revision).toBeLessThan(before?.position.revision ?? 0)
    const heldReason = (): string | undefined => running.status().domains.resources.held?.reason
    await expect.poll(heldReason).toContain('went back')

    await report(20)
    // routes/a has the value of the older backup, and by its own account has had it since.
    await expect.poll(heldReason).toContain('routes/a differs although it was not modified since the snapshot')
    for (let times = 0; times < 20; times++) {
      expect((await exporter().exportOnce()).resources.status).toBe('held')
    }
    expect(await newest()).toStrictEqual(before)
    expect(await backup()).toStrictEqual(kept)

    const { base = '', root = '', identity = '' } = (await store.resources.latest())?.candidate ?? {}
    await store.resources.operator.accept({ actor: 'ada', reason: 'INC-8' }, { base, candidate: root, identity })
    await expect.poll(backup).toStrictEqual({ 'routes/a': routes.a, 'routes/b': routes.b })
    expect((await newest())?.position.epoch).toBeGreaterThan(before?.position.epoch ?? Infinity)
  })

  it('that another cluster took the place of is held, or followed under a new epoch when it has the same', async () => {
    await fill(routes)
    await exporter().exportOnce()
    const before = await newest()
    await etcd.stop()
    await rm(join(folder, 'data'), { recursive: true })
    // Another peer address makes another cluster id.
    const peer = `http://127.0.0.1:${String(await freePort())}`
    flags = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`]
    await start()
    await fill({ ...routes, d: { uri: '/d' } })
    expect((await exporter().exportOnce()).resources).toMatchObject({
      reason: expect.stringContaining('source identity changed'),
    })
    await remove('/apisix/routes/d')
    expect((await exporter().exportOnce()).resources).toMatchObject({ status: 'published' })
    expect((await newest())?.source).not.toStrictEqual(before?.source)
    expect((await newest())?.position.epoch).toBeGreaterThan(before?.position.epoch ?? Infinity)
  })

  it('is told by the newest heartbeat when nothing of it was written as early as the snapshot', async () => {
    await fill(routes)
    await exporter().exportOnce()
    await report(20)
    // The head is written at most once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await exporter().exportOnce()

    await wipe()
    await report(10)
    await fill({ x: { uri: '/x' } })
    expect((await exporter().exportOnce()).resources).toMatchObject({ reason: expect.stringContaining('went back') })
    await report(20)
    expect((await exporter().exportOnce()).resources).toMatchObject({
      status: 'held',
      reason: expect.stringContaining('routes/x differs'),
    })
    expect((await newest())?.sequence).toBe(1)
  })

  it('continues under a new epoch when it was filled from the backup', async () => {
    await fill(routes)
    await report(10)
    const running = exporter()
    await running.start()
    const before = await newest()

    await wipe()
    await fill(routes)

    await expect.poll(async () => (await newest())?.sequence).toBe(2)
    const after = await newest()
    expect(after?.position.epoch).toBeGreaterThan(before?.position.epoch ?? 0)
    expect(after?.position.revision).toBeLessThan(before?.position.revision ?? 0)
    expect(after?.source).toStrictEqual(before?.source)
    await fill({ d: { uri: '/d' } })
    await expect.poll(backup).toHaveProperty(['routes/d'], { uri: '/d' })
    expect((await newest())?.position.epoch).toBe(after?.position.epoch)
    expect(running.status().domains.resources.held).toBeUndefined()
  })

  it('goes on where it was when it was filled from the backup, and nobody looked until its revision was higher', async () => {
    await fill(routes)
    await exporter().exportOnce()
    const before = await newest()

    await wipe()
    await fill({ c: routes.c, a: routes.a, b: routes.b })
    await report(10)
    expect((await exporter().exportOnce()).resources).toMatchObject({ status: 'unchanged' })
    await fill({ a: { uri: '/changed' } })
    await exporter().exportOnce()

    expect((await newest())?.position.epoch).toBe(before?.position.epoch)
    expect(await backup()).toMatchObject({ 'routes/a': { uri: '/changed' } })
  })
})
