import { memoryStorage, readOnly } from '@outlast/storage'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { entryKey, type Entry } from '../../src/entries/entry.ts'
import { snapshotStore, type SnapshotStore } from '../../src/store/snapshot-store.ts'
import { entries } from '../arbitraries.ts'
import { collect } from '../collect.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, keysIn, onlyNewest, publish, published, route, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

const prefix = 'groups/default/resources/'
let storage: RecordingStorage
let store: SnapshotStore

function open(): SnapshotStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage })
}

// JSON has no negative zero.
function asStored(entry: Entry): Entry {
  return JSON.parse(JSON.stringify(entry))
}

function sorted(items: readonly Entry[]): Entry[] {
  return items.toSorted((left, right) => (entryKey(left) < entryKey(right) ? -1 : 1))
}

beforeEach(() => {
  storage = recordingStorage(memoryStorage())
  store = open()
})

describe('publish and load', () => {
  it('gives back exactly what was published, whatever kinds, names and values it has', async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (configuration) => {
        const memory = memoryStorage()
        const writer = snapshotStore({ group: 'g', resources: memory, instance: memory })
        const manifest = await published(writer.instance, configuration)
        const reader = snapshotStore({ group: 'g', resources: memory, instance: readOnly(memory) })
        const latest = await reader.instance.latest()
        expect(latest?.manifest).toEqual(manifest)
        const snapshot = await reader.instance.load(manifest.sequence)
        expect(sorted(snapshot.entries)).toEqual(sorted(configuration.map(asStored)))
      }),
    )
  })

  it('keeps the domains of one store apart', async () => {
    await published(store.resources, [route(1)])
    await published(store.instance, [{ kind: 'keyring', id: '1', value: 'k' }])
    expect((await store.resources.load(1)).entries).toEqual([route(1)])
    expect((await store.instance.load(1)).entries).toEqual([{ kind: 'keyring', id: '1', value: 'k' }])
  })

  it('numbers snapshots from 1 and chains each to the one it was built on', async () => {
    const first = await published(store.resources, [route(1)])
    const second = await published(store.resources, [route(2)], 2)
    expect([first.sequence, second.sequence]).toEqual([1, 2])
    expect(first.previous).toBeUndefined()
    expect(second.previous).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect((await collect(store.resources.history())).map(({ sequence }) => sequence)).toEqual([2, 1])
  })

  it('uploads only the part that changed, the manifest and the head', async () => {
    await published(store.resources, routes(2000))
    storage.forget()
    const result = await publish(store.resources, [...routes(1999), route(1999, '/changed')], 2)
    expect(result).toMatchObject({ status: 'published', uploadedParts: 1, reusedParts: 15 })
    expect(storage.keysOf('put')).toEqual([
      expect.stringContaining('/parts/'),
      `${prefix}manifests/000000000002.json`,
      `${prefix}head.json`,
    ])
  })

  it('fetches only the parts that the snapshot to reuse lacks', async () => {
    await published(store.resources, routes(2000))
    const first = await store.resources.load(1)
    const manifest = await published(store.resources, [...routes(1999), route(1999, '/changed')], 2)
    const whole = await open().resources.load(2)
    storage.forget()
    const second = await open().resources.load(manifest, { reuse: first })
    expect(storage.keysOf('get')).toHaveLength(1)
    expect(second.entries).toEqual(whole.entries)
  })

  it('writes only the head when nothing has changed, however the entries are ordered', async () => {
    await published(store.resources, routes(5))
    storage.forget()
    const result = await publish(open().resources, routes(5).toReversed(), 9)
    expect(result).toMatchObject({ status: 'unchanged', manifest: { sequence: 1 } })
    expect(storage.keysOf('put').filter((key) => !key.endsWith('probe.json'))).toEqual([`${prefix}head.json`])
    expect(await open().resources.latest()).toMatchObject({ matchedRevision: 9 })
  })

  it('publishes equal content again under another epoch, identity or need', async () => {
    await published(store.resources, [route(1)])
    await published(store.resources, [route(1)], 1, { position: { epoch: 2, revision: 1 } })
    const position = { epoch: 2, revision: 1 }
    await published(store.resources, [route(1)], 1, { position, source: { identity: 'other' } })
    const rest = { position, source: { identity: 'other' }, needs: { instance: { epoch: 1, revision: 4 } } }
    const manifest = await published(store.resources, [route(1)], 1, rest)
    expect(manifest).toMatchObject({ sequence: 4, needs: { instance: { epoch: 1, revision: 4 } } })
  })

  it('refuses a draft that stands behind its base, and takes one of a higher epoch', async () => {
    await published(store.resources, [route(1)], 5)
    const refused = { status: 'refused', reason: 'position-behind-base' }
    expect(await publish(store.resources, [route(2)], 4)).toEqual(refused)
    expect(await publish(store.resources, [route(2)], 9, { position: { epoch: 0, revision: 9 } })).toEqual(refused)
    await published(store.resources, [route(2)], 1, { position: { epoch: 2, revision: 1 } })
  })

  it('throws on entries that are no configuration, without writing anything', async () => {
    const publication = await store.resources.begin()
    storage.forget()
    await expect(publication.publish(draft([route(1), route(1)]))).rejects.toThrow('routes/1 is there twice')
    await expect(publication.publish(draft([{ kind: 'a', id: 'b', value: '\ud800' }]))).rejects.toThrow(TypeError)
    expect(storage.keysOf('put')).toEqual([])
  })

  it.each([1.5, -1, 2 ** 53, Number.NaN])(
    'never commits the revision %d, which nobody could read',
    async (revision) => {
      const publication = await store.resources.begin()
      await expect(publication.publish(draft([route(1)], revision))).rejects.toThrow('/position/revision')
      expect(await keysIn(storage, `${prefix}manifests/`)).toEqual([])
    },
  )

  it('compresses a manifest that has become long', async () => {
    await published(store.resources, routes(8000))
    const object = await storage.get(`${prefix}manifests/000000000001.json`)
    expect(object?.bytes.subarray(0, 4)).toEqual(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd))
    expect((await open().resources.load(1)).entries).toHaveLength(8000)
  })

  it('tells a snapshot that never was from one whose parts have not arrived', async () => {
    const { parts } = await published(store.resources, [route(1)])
    await expect(store.resources.load(2)).rejects.toMatchObject({ code: 'not-found' })
    await storage.delete(`${prefix}${parts[0]?.key}`)
    await expect(store.resources.load(1)).rejects.toMatchObject({ code: 'not-yet' })
  })

  it('stops with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(store.resources.begin({ signal })).rejects.toThrow('enough')
    await expect(store.resources.latest({ signal })).rejects.toThrow('enough')
    await published(store.resources, [route(1)])
    await expect(store.resources.load(1, { signal })).rejects.toThrow('enough')
  })
})

describe('a store', () => {
  it.each(['', '.', '..', 'a/b', 'ä', 'a b', 'x'.repeat(65)])('cannot be opened for the group %j', (group) => {
    expect(() => snapshotStore({ group, resources: storage, instance: storage })).toThrow(TypeError)
  })

  it('that was opened for reading refuses to write', async () => {
    const { resources } = snapshotStore({ group: 'default', resources: readOnly(storage), instance: storage })
    for (const attempt of [resources.begin(), resources.heartbeat({}), resources.prune({ retention: onlyNewest(1) })]) {
      await expect(attempt).rejects.toMatchObject({ code: 'read-only' })
    }
  })

  it('that ignores create-only writes (fake) is refused to publishers', async () => {
    const inner = memoryStorage()
    const put: typeof inner.put = async (key, bytes, options) => inner.put(key, bytes, { ...options, ifAbsent: false })
    const ignoring = { ...inner, put }
    const { resources } = snapshotStore({ group: 'default', resources: ignoring, instance: storage })
    await expect(resources.begin()).rejects.toMatchObject({ code: 'create-only-not-enforced' })
  })

  it('is probed for create-only writes once an hour, without leaving more than one object', async () => {
    const clock = manualClock()
    const { resources } = snapshotStore({ group: 'default', resources: storage, instance: storage, clock })
    for (const advance of [0, 1, 3_600_000]) {
      clock.advance(advance)
      await resources.begin()
    }
    expect(storage.keysOf('put')).toHaveLength(3)
    expect(await keysIn(storage)).toEqual([`${prefix}probe.json`])
  })
})

describe('heartbeat', () => {
  it('tells readers when the source was looked at, when it matched, and why nothing is published', async () => {
    const clock = manualClock()
    const { resources } = snapshotStore({ group: 'default', resources: storage, instance: storage, clock })
    const start = clock.now()
    await published(resources, [route(1)], 3)
    clock.advance(5000)
    await resources.heartbeat({ held: 'the source is empty' })
    expect(await resources.latest()).toMatchObject({
      checkedAt: start + 5000,
      matchedAt: start,
      matchedRevision: 3,
      held: 'the source is empty',
    })
    clock.advance(5000)
    await resources.heartbeat({ matchedRevision: 4 })
    const latest = await open().resources.latest()
    expect(latest).toMatchObject({ checkedAt: start + 10_000, matchedAt: start + 10_000, matchedRevision: 4 })
    expect(latest?.held).toBeUndefined()
  })

  it('writes at most once a second unless there is news', async () => {
    const clock = manualClock()
    const { resources } = snapshotStore({ group: 'default', resources: storage, instance: storage, clock })
    await published(resources, [route(1)])
    storage.forget()
    await resources.heartbeat({ matchedRevision: 1 })
    expect(storage.keysOf('put')).toHaveLength(0)
    await resources.heartbeat({ held: 'why' })
    expect(storage.keysOf('put')).toHaveLength(1)
    clock.advance(1000)
    await resources.heartbeat({ held: 'why' })
    expect(storage.keysOf('put')).toHaveLength(2)
  })

  it('cuts a long reason to whole characters', async () => {
    await published(store.resources, [route(1)])
    await store.resources.heartbeat({ held: `${'x'.repeat(255)}🚀 and more` })
    expect((await open().resources.latest())?.held).toMatch(/^x{255}/)
  })

  it('writes nothing while there is no snapshot', async () => {
    await store.resources.heartbeat({ matchedRevision: 1 })
    expect(await keysIn(storage)).toEqual([])
  })

  it('that fails does not undo a publication', async () => {
    storage.fault = ({ operation, key }) =>
      operation === 'put' && key.endsWith('head.json') ? 'fail-before' : undefined
    expect((await publish(store.resources, [route(1)])).status).toBe('published')
    expect((await open().resources.latest())?.manifest.sequence).toBe(1)
  })
})
