import { hash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDataPlane, noteFile, type ConfigSink, type DataPlane } from '@outlast/dataplane'
import {
  canonicalJson,
  memorySource,
  snapshotStore,
  systemClock,
  type Clock,
  type Entry,
  type JsonValue,
  type MemorySource,
} from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { fsStorage } from '@outlast/storage-fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRunningFile } from '../../src/data-plane/running-file.ts'
import { eventually } from '../../src/demo/eventually.ts'

// What real nodes left behind when they were killed, and the golden fixtures of the format. They are never written again,
// and must stay readable for ever.
//
// - first-version: by the first build that could run a data plane, two days before the notes came
// - with-notes: with orders, a note about configurations that killed the process (its digests are made up), and the keyring
//   that its control plane had generated
const folders = join(import.meta.dirname, 'fixtures/data-folders')
/** When the newer of them was written; tests run a minute later. */
const writtenAt = Date.parse('2026-11-25T17:15:54.068Z')
const startedAt = Date.now()
const clock: Clock = { ...systemClock, now: () => writtenAt + 60_000 + Date.now() - startedAt }
const golden = join(import.meta.dirname, '../../../../packages/snapshot/test/format/fixtures')

describe('a node that finds the data folder of another build', () => {
  let data: string
  let inEffect: Map<string, JsonValue>
  let log: string[]
  let node: DataPlane | undefined

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'outlast-data-folder-'))
    inEffect = new Map()
    log = []
  })
  afterEach(async () => {
    await node?.stop()
    node = undefined
    await rm(data, { recursive: true, force: true })
  })

  const sink: ConfigSink = {
    validate: () => undefined,
    apply: async ({ upserted, removed }) => {
      for (const { kind, id } of removed) inEffect.delete(`${kind}/${id}`)
      for (const { kind, id, value } of upserted) inEffect.set(`${kind}/${id}`, value)
    },
  }
  const start = async (live?: MemorySource): Promise<DataPlane> => {
    const say = (level: string) => (fields: object, message: string) =>
      void log.push(`${level}: ${message} ${JSON.stringify(fields)}`)
    node = createDataPlane({
      live,
      stores: [],
      local: fsStorage({ path: join(data, 'snapshots') }),
      fields: fieldProtection({ group: 'default' }),
      orders: noteFile(join(data, 'orders.json')),
      poison: { note: noteFile(join(data, 'poison.json')), build: 'of this fixture' },
      returnJitterMs: 0,
      clock,
      sink,
      logger: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    })
    await node.start()
    return node
  }
  const warnings = (part: string): string[] => log.filter((line) => line.startsWith('warn:') && line.includes(part))
  const store = () => {
    const files = fsStorage({ path: join(data, 'snapshots') })
    return snapshotStore({ group: 'default', resources: files, instance: files })
  }
  const diskErrors = ({ localCopyError, ordersError, poisonNoteError }: ReturnType<DataPlane['status']>) =>
    [localCopyError, ordersError, poisonNoteError].filter((error) => error !== undefined)

  it.each(['first-version', 'with-notes'])('starts from the copies of %s, and writes its own on top', async (name) => {
    await cp(join(folders, name, 'snapshots'), join(data, 'snapshots'), { recursive: true })
    const before = await store().resources.latest()
    const status = (await start()).status()
    expect(inEffect.get('routes/second')).toMatchObject({ uri: '/second' })
    expect(status).toMatchObject({ mode: 'standalone', quarantined: [], position: before?.manifest.position })
    expect(diskErrors(status)).toEqual([])

    const { resources, instance } = await entriesOnDisk()
    const { identity = '' } = before?.manifest.source ?? {}
    const revision = (status.position?.revision ?? 0) + 1
    const newer: Entry = { kind: 'routes', id: 'newer', value: { uri: '/newer' } }
    const live = memorySource({ identity, revision, instance, resources: [...resources, newer] })
    node?.reconfigure({ live, stores: [] })
    await eventually('the copy is written', async () => {
      return (await store().resources.latest())?.manifest.position.revision === revision
    })
    const history = []
    for await (const manifest of store().resources.history()) history.push(manifest.sequence)
    expect(history).toEqual([3, 2, 1])
    await node?.stop()
    inEffect.clear()
    await start()
    expect(inEffect.get('routes/newer')).toEqual({ uri: '/newer' })
    expect(inEffect.get('routes/second')).toMatchObject({ uri: '/second' })
  })

  it.each([
    ['format-1', 903, 'x-unknown/ünïcödé/🙂'],
    ['encrypted-fields', 4, 'consumers/jack'],
    ['gzip', 20_000, 'routes/19999'],
    ['signed-and-held', 1, 'routes/1'],
  ])('starts from a copy like the golden fixture %s', async (name, count, one) => {
    await cp(join(golden, name), join(data, 'snapshots'), { recursive: true })
    const status = (await start()).status()
    expect(status).toMatchObject({ mode: 'standalone', ready: true, quarantined: [] })
    expect([...inEffect.keys()].filter((key) => !key.startsWith('keyring/'))).toHaveLength(count)
    expect([...inEffect.keys()]).toContain(one)
    // In clear, where it was encrypted.
    expect(JSON.stringify([...inEffect.values()])).not.toContain('$outlast$')
  })

  it('obeys the orders that are in it, and knows what killed the process before', async () => {
    await cp(join(folders, 'with-notes'), data, { recursive: true })
    const at = writtenAt
    const order = { actor: 'ada', reason: 'INC-7', at }
    const { orders, mode, poisoned } = (await start(memorySource({ identity: 'another', resources: [] }))).status()
    expect(mode).toBe('standalone')
    expect(orders).toMatchObject({
      standalone: order,
      frozen: { ...order, at: at + 27, digest: expect.stringMatching(/^sha256:1c86629b/) },
    })
    const digest = `sha256:${'b'.repeat(64)}`
    expect(poisoned).toContainEqual(expect.objectContaining({ digest, deaths: 2, at }))
    expect(JSON.parse(await readFile(join(data, 'poison.json'), 'utf8'))).toMatchObject({
      suspects: [
        { digest, deaths: 2, at },
        { digest: `sha256:${'a'.repeat(64)}`, deaths: 1, at },
      ],
    })
  })

  it('lets commands find the node that its running file tells of', async () => {
    expect(await readRunningFile(join(folders, 'with-notes'))).toMatchObject({
      pid: 24_489,
      status: 'http://127.0.0.1:35049',
      instance: 'b41c9c6c-82ae-4cae-a0e0-1d0189729a31',
    })
    // Without a name nobody can tell whether it is that one which answers.
    expect(await readRunningFile(join(folders, 'first-version'))).toBeUndefined()
  })

  describe('that is newer', () => {
    beforeEach(async () => {
      await cp(join(folders, 'with-notes'), data, { recursive: true })
      await rm(join(data, 'orders.json'))
    })
    const addManifest = async (more: object): Promise<void> => {
      const manifests = join(data, 'snapshots/groups/default/resources/manifests')
      const newest: object = JSON.parse(await readFile(join(manifests, '000000000002.json'), 'utf8'))
      const { checksum: _, ...manifest }: Record<string, JsonValue> = { ...newest, sequence: 3, ...more }
      const checksum = `sha256:${hash('sha256', canonicalJson(manifest))}`
      await writeFile(join(manifests, '000000000003.json'), canonicalJson({ ...manifest, checksum }))
    }

    it('takes its copy when that only says more', async () => {
      await addManifest({
        commitId: '01a213b4-f548-7d49-9505-7bd1be0139eb',
        position: { epoch: 0, revision: 9 },
        later: { of: 'another build' },
      })
      const { position } = (await start()).status()
      expect(position?.revision).toBe(9)
      expect(inEffect.get('routes/second')).toMatchObject({ uri: '/second' })
    })

    it('takes the copy before one that it cannot read, warns of it, and writes its own instead', async () => {
      await addManifest({ leastReader: 2, position: { epoch: 0, revision: 9 } })
      const running = await start()
      expect(running.status().position?.revision).toBe(4)
      const resources = store().resources
      await eventually('its own copy is there', async () => {
        const { unusable, sequence } = (await resources.verifyNewest()) ?? {}
        return unusable === 0 && sequence === 2 && running.status().localCopyError === undefined
      })
      expect(warnings('the local copy could not be written')).toEqual([
        expect.stringContaining('needs a reader of version 2'),
      ])
    })

    it.each([
      ['orders.json', { orders: {}, poisoned: [{ deaths: 2 }] }],
      ['poison.json', { poisoned: [] }],
    ])('warns of orders or notes that it cannot read in %s, and does without', async (name, expected) => {
      await writeFile(join(data, name), '{"format":2,"rules":[]}\n')
      const status = (await start()).status()
      expect(status).toMatchObject({ ready: true, ...expected })
      expect(warnings('cannot be understood')).toHaveLength(1)
    })

    it('reads what it knows of its running file', async () => {
      const text = await readFile(join(data, 'running.json'), 'utf8')
      await writeFile(join(data, 'running.json'), JSON.stringify({ ...JSON.parse(text), later: {} }))
      expect(await readRunningFile(data)).toMatchObject({ pid: 24_489 })
    })
  })

  /** What the newest copy holds, in clear. */
  async function entriesOnDisk(): Promise<{
    readonly resources: readonly Entry[]
    readonly instance: readonly Entry[]
  }> {
    const resources = await store().resources.latest()
    const instance = await store().instance.latest()
    const stored = resources ? (await store().resources.load(resources.manifest)).entries : []
    return { resources: stored, instance: instance ? (await store().instance.load(instance.manifest)).entries : [] }
  }
})
