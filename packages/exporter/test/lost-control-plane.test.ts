import '@outlast/virtual-time/at-once'
import { entryKey, silentLogger, type Entry, type Manifest, type SourceState } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

const backup = [route('a'), route('b'), route('c')]
const instance = [keyring('k')]
const by = { actor: 'ada', reason: 'INC-7: this is what we have now' }

/** As a database that was filled one entry after another, and has gone on to `revision`. */
function filled(revision: number, resources: readonly Entry[]): Partial<SourceState> {
  const modified = (entries: readonly Entry[]): ReadonlyMap<string, number> =>
    new Map(entries.map((entry, index) => [entryKey(entry), index + 1]))
  return {
    revision,
    resources,
    instance,
    modified: { resources: modified(resources), instance: modified(instance) },
  }
}

/** What became of the control plane's database, and what the exporter makes of it. */
const losses: readonly {
  readonly what: string
  readonly after: Partial<SourceState>
  readonly reason: RegExp
  readonly summary: string
}[] = [
  {
    what: 'wiped empty',
    after: { revision: 0 },
    reason: /^the source went back: it stands at revision 0, and has been at 7$/,
    summary: 'would remove 3 routes',
  },
  {
    what: 'emptied key by key',
    after: {},
    reason: /^the source's resources configuration is empty, the snapshot holds 3 entries$/,
    summary: 'would remove 3 routes',
  },
  {
    what: 'wiped and filled again under the same cluster id, to a higher revision than before',
    after: filled(90, [route('a'), route('b', 'other'), route('x')]),
    reason: /^the source was started anew under the same identity: 2 entries, routes\/b first, differ/,
    summary: 'would remove 1 route; would change 1 route; would add 1 route',
  },
  {
    what: 'restored from an older backup',
    after: filled(5, [route('a'), route('b')]),
    reason: /^the source went back: it stands at revision 5, and has been at 7$/,
    summary: 'would remove 1 route',
  },
  {
    what: 'replaced by another cluster with different content',
    after: { identity: 'two', ...filled(3, [route('a'), route('d')]) },
    reason: /^source identity changed from one to two, with different content$/,
    summary: 'would remove 2 routes; would add 1 route',
  },
]

interface LogLine {
  readonly fields: object
  readonly message: string
}

/** With `backup`, published when the source was at revision 7. */
async function rigWithBackup(): Promise<ExporterRig & { readonly log: LogLine[] }> {
  const log: LogLine[] = []
  const warn = (fields: object, message: string): void => void log.push({ fields, message })
  const rig = exporterRig({ logger: { ...silentLogger, warn } })
  rig.source.replace(filled(7, backup))
  await rig.exporter.exportOnce()
  return { ...rig, log }
}

async function newest({ store }: ExporterRig): Promise<Manifest | undefined> {
  return (await store.resources.latest())?.manifest
}

async function accept({ store }: ExporterRig): Promise<void> {
  for (const domain of ['instance', 'resources'] as const) {
    const candidate = (await store[domain].latest())?.candidate
    if (candidate === undefined) continue
    const { base, root, identity } = candidate
    expect(await store[domain].operator.accept(by, { base, candidate: root, identity })).toMatchObject({
      status: 'recorded',
    })
  }
}

/** All objects of the store but the heads, with their entity tags. */
async function objects({ memory }: ExporterRig): Promise<Readonly<Record<string, string | undefined>>> {
  const found: Record<string, string | undefined> = {}
  for (const [domain, storage] of Object.entries(memory)) {
    for await (const key of storage.list('')) {
      if (!key.endsWith('head.json')) found[`${domain}:${key}`] = (await storage.get(key))?.etag
    }
  }
  return found
}

describe.each(losses)("a control plane's database that was $what", ({ after, reason, summary }) => {
  it('leaves the backup as it is for hours, and says why in status, head and log', async () => {
    const rig = await rigWithBackup()
    const before = await objects(rig)
    rig.source.replace(after)
    for (let hour = 0; hour < 5; hour++) {
      // The one that runs, and one that was started since and knows nothing but the store.
      for (const exporter of [rig.exporter, rig.another()]) {
        expect((await exporter.exportOnce()).resources).toMatchObject({
          status: 'held',
          reason: expect.stringMatching(reason),
        })
      }
      await rig.clock.turn(3_600_000)
    }
    expect(await objects(rig)).toStrictEqual(before)
    expect(await rig.backup()).toStrictEqual(['a', 'b', 'c'])
    const told = expect.stringMatching(reason)
    expect(rig.exporter.status().domains.resources.held).toMatchObject({ reason: told, summary })
    expect(await rig.store.resources.latest()).toMatchObject({ held: told, candidate: { summary } })
    const line = { group: 'default', domain: 'resources', reason: told, summary }
    expect(rig.log).toContainEqual({ fields: line, message: 'the export is held' })
    expect(rig.held.filter(({ domain }) => domain === 'resources')).toHaveLength(1)
  })

  it('is followed from what an operator accepts, and only from that', async () => {
    const rig = await rigWithBackup()
    const { position: before } = (await newest(rig)) ?? {}
    rig.source.replace(after)
    await rig.exporter.exportOnce()
    await accept(rig)
    // What comes in between is held. (To one that is only empty it would be a new beginning.)
    rig.source.put('resources', route('sneaked in'))
    const isNewBeginning = after.revision === undefined
    expect((await rig.exporter.exportOnce()).resources.status).toBe(isNewBeginning ? 'published' : 'held')
    if (isNewBeginning) return
    expect(await rig.backup()).toStrictEqual(['a', 'b', 'c'])

    await accept(rig)
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    const accepted = await newest(rig)
    expect(accepted).toMatchObject({ sequence: 2, approvals: [{ action: 'accept', ...by }] })
    expect(accepted?.position.epoch).toBeGreaterThanOrEqual(before?.epoch ?? Infinity)
    rig.source.put('resources', route('z'))
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    const next = await newest(rig)
    expect(next).toMatchObject({ sequence: 3, position: { epoch: accepted?.position.epoch } })
    expect(next?.approvals).toBeUndefined()
  })
})

describe("a control plane's database that was replaced by another cluster with equal content", () => {
  it('is followed under a new epoch by itself', async () => {
    const rig = await rigWithBackup()
    const { position: before } = (await newest(rig)) ?? {}
    rig.source.replace({ identity: 'two', ...filled(4, backup.toReversed()) })
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    const after = await newest(rig)
    expect(after).toMatchObject({ sequence: 2, source: { identity: 'two' }, position: { revision: 4 } })
    expect(after?.position.epoch).toBeGreaterThan(before?.epoch ?? Infinity)
    expect(rig.held).toStrictEqual([])
    expect(rig.log).toStrictEqual([])
  })
})
