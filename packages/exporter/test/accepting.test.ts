import '@outlast/virtual-time/at-once'
import {
  ed25519Signer,
  ed25519TrustedKey,
  generateSealingSecret,
  generateSigningKey,
  localSealingKey,
  silentLogger,
  snapshotStore,
  type Domain,
  type HeldCandidate,
  type SnapshotStore,
} from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import { describe, expect, it } from 'vitest'
import { createExporter } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

const by = { actor: 'ada', reason: 'INC-7: the cluster was replaced' }
const reason = 'source identity changed from one to two, with different content'

/** Both domains exported, and then another source with other resources. */
async function rigThatHolds(options: Parameters<typeof exporterRig>[0] = {}): Promise<ExporterRig> {
  const rig = exporterRig(options)
  rig.source.replace({ resources: [route('a'), route('b')], instance: [keyring('k')] })
  await rig.exporter.exportOnce()
  rig.source.replace({
    identity: 'two',
    revision: 50,
    resources: [route('b', 1), route('c')],
    instance: [keyring('k')],
  })
  await rig.exporter.exportOnce()
  return rig
}

async function shown(store: SnapshotStore, domain: Domain = 'resources'): Promise<HeldCandidate> {
  const candidate = (await store[domain].latest())?.candidate
  if (candidate === undefined) throw new Error(`the head should show what is held in ${domain}`)
  return candidate
}

async function accept(store: SnapshotStore, candidate: HeldCandidate, domain: Domain = 'resources'): Promise<string> {
  const { base, root, identity } = candidate
  return (await store[domain].operator.accept(by, { base, candidate: root, identity })).status
}

describe('what is held', () => {
  it('is in status and head: why, since when, what it is, and what would happen; names, and no values', async () => {
    const rig = await rigThatHolds()
    const since = rig.clock.now()
    await rig.clock.turn(3_600_000)
    await rig.exporter.exportOnce()

    const latest = await rig.store.resources.latest()
    const { held } = rig.exporter.status().domains.resources
    const summary = 'would remove 1 route; would change 1 route; would add 1 route'
    const only = (id: string) => ({ counts: { routes: 1 }, entries: [{ kind: 'routes', id }] })
    expect(held).toStrictEqual({
      reason,
      cause: 'lineage',
      since,
      endedBy: 'accept',
      summary,
      changes: { removed: only('a'), changed: only('b'), added: only('c') },
      candidate: { base: latest?.digest, candidate: latest?.candidate?.root, identity: 'two' },
    })
    expect(latest).toMatchObject({
      held: reason,
      checkedAt: rig.clock.now(),
      candidate: { base: latest?.digest, identity: 'two', summary },
    })
    expect(rig.exporter.status().domains.instance.held).toStrictEqual({
      reason: 'the resources configuration is held',
      since,
    })
    expect(await rig.store.instance.latest()).toMatchObject({ held: 'the resources configuration is held' })
    expect((await rig.store.instance.latest())?.candidate).toBeUndefined()
  })

  it('lists no more than a hundred entries each way, and counts all of them', async () => {
    const rig = await rigThatHolds()
    const others = Array.from({ length: 150 }, (_none, id) => route(`x${String(id)}`, { secret: 'top-secret' }))
    rig.source.replace({ identity: 'two', revision: 51, resources: others })
    await rig.exporter.exportOnce()
    const { held } = rig.exporter.status().domains.resources
    expect(held?.changes?.added.counts).toStrictEqual({ routes: 150 })
    expect(held?.changes?.added.entries).toHaveLength(100)
    expect(JSON.stringify(rig.exporter.status())).not.toContain('top-secret')
  })

  it('changes nothing in the store but the head, for hours', async () => {
    const rig = await rigThatHolds()
    rig.calls.length = 0
    for (let minute = 0; minute < 240; minute++) {
      await rig.clock.turn(60_000)
      expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    }
    const written = rig.calls
      .filter(({ operation }) => operation === 'put' || operation === 'delete')
      .map(({ key }) => key)
      // Asks every hour whether the store still keeps what it promises, and writes nothing.
      .filter((key) => !key.endsWith('probe.json'))
    expect(new Set(written)).toStrictEqual(
      new Set(['groups/default/instance/head.json', 'groups/default/resources/head.json']),
    )
    // One read for the one reason, and no list.
    const asked = rig.calls.filter(({ key }) => key.includes('/approvals/'))
    expect(asked.map(({ operation }) => operation)).toStrictEqual(Array.from({ length: 240 }, () => 'get'))
  })

  it('is told when approvals cannot be read', async () => {
    const rig = exporterRig()
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    rig.breakStorage('resources', ({ key }) =>
      key.includes('/approvals/') ? { error: new StorageError({ code: 'denied', message: 'not for you' }) } : undefined,
    )
    rig.source.replace({})
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    expect(rig.held).toHaveLength(1)
    expect((await rig.store.resources.latest())?.held).toBeDefined()
  })
})

describe('an accept', () => {
  it('lets exactly what was shown be published, once, with who and why in snapshot and log', async () => {
    const lines: object[] = []
    const logger = {
      ...silentLogger,
      warn: (fields: object, message: string) => void lines.push({ ...fields, message }),
    }
    const rig = await rigThatHolds({ logger })
    const before = await rig.store.resources.latest()
    const candidate = await shown(rig.store)
    expect(await accept(rig.store, candidate)).toBe('recorded')

    const { resources, instance } = await rig.exporter.exportOnce()

    const epoch = Math.floor(rig.clock.now() / 1000)
    expect(resources).toMatchObject({
      status: 'published',
      manifest: {
        sequence: 2,
        root: candidate.root,
        previous: candidate.base,
        position: { epoch: Math.max(epoch, (before?.manifest.position.epoch ?? 0) + 1), revision: 50 },
        source: { identity: 'two' },
        approvals: [{ action: 'accept', ...by, base: candidate.base, candidate: candidate.root, identity: 'two' }],
      },
    })
    // Held because the other one was: it needs no accept of its own.
    expect(instance).toMatchObject({ status: 'published', manifest: { source: { identity: 'two' } } })
    expect('manifest' in instance && instance.manifest.approvals).toBeUndefined()
    expect(lines.at(-1)).toStrictEqual({
      group: 'default',
      domain: 'resources',
      sequence: 2,
      ...by,
      message: 'published what an operator accepted',
    })
    expect(rig.exporter.status().domains.resources.held).toBeUndefined()
    expect(await rig.store.resources.latest()).toMatchObject({ held: undefined, candidate: undefined })

    // Once: the same switch again, to the very same content, is another decision.
    rig.source.replace({ identity: 'one', revision: 3, resources: [route('a'), route('b')], instance: [keyring('k')] })
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    expect(await accept(rig.store, await shown(rig.store))).toBe('recorded')
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    rig.source.replace({
      identity: 'two',
      revision: 50,
      resources: [route('b', 1), route('c')],
      instance: [keyring('k')],
    })
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    expect(await accept(rig.store, candidate)).toBe('refused')
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    expect(await rig.backup()).toStrictEqual(['a', 'b'])
  })

  it('is for nothing that came afterwards: what moved on stays held, and is shown', async () => {
    const rig = await rigThatHolds()
    const candidate = await shown(rig.store)
    await accept(rig.store, candidate)
    rig.source.put('resources', route('d'))
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    const moved = await shown(rig.store)
    expect(moved).toMatchObject({ base: candidate.base, summary: expect.stringContaining('add 2 routes') })
    expect(moved.root).not.toBe(candidate.root)
    expect(rig.exporter.status().domains.resources.held?.candidate?.candidate).toBe(moved.root)
    // And when it comes back to what was accepted, it is what was accepted.
    rig.source.delete('resources', route('d'))
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
  })

  it('of one source does not let another one in with the same content', async () => {
    const rig = await rigThatHolds()
    await accept(rig.store, await shown(rig.store))
    rig.source.identity = 'three'
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    expect(await shown(rig.store)).toMatchObject({ identity: 'three' })
  })

  it('is void when the backup was replaced meanwhile', async () => {
    const rig = await rigThatHolds()
    await accept(rig.store, await shown(rig.store))
    rig.source.replace({ identity: 'one', revision: 9, resources: [route('z')], instance: [keyring('k')] })
    await rig.another().exportOnce()
    rig.source.replace({
      identity: 'two',
      revision: 50,
      resources: [route('b', 1), route('c')],
      instance: [keyring('k')],
    })
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    expect(await rig.backup()).toStrictEqual(['z'])
  })

  it('is needed in each domain that has a reason of its own', async () => {
    const rig = await rigThatHolds()
    rig.source.put('instance', keyring('another'))
    await rig.exporter.exportOnce()
    await accept(rig.store, await shown(rig.store))
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    await accept(rig.store, await shown(rig.store, 'instance'), 'instance')
    const { instance, resources } = await rig.exporter.exportOnce()
    for (const outcome of [instance, resources]) {
      expect(outcome).toMatchObject({ status: 'published', manifest: { approvals: [{ action: 'accept' }] } })
    }
  })

  it('lets an empty configuration replace the backup, when somebody means it', async () => {
    const rig = await rigThatHolds()
    rig.source.replace({ identity: 'one', revision: 9, instance: [keyring('k')] })
    await rig.exporter.exportOnce()
    await accept(rig.store, await shown(rig.store))
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    expect(await rig.backup()).toStrictEqual([])
  })

  it('is used by one of any number of exporters, and the others agree', async () => {
    const rig = await rigThatHolds()
    const others = [rig.another(), rig.another(), rig.another()]
    await accept(rig.store, await shown(rig.store))
    const ends = Promise.all([rig.exporter, ...others].map(async (exporter) => await exporter.exportOnce()))
    await rig.clock.turnUntilSettled(ends)
    const statuses = (await ends).map(({ resources }) => resources.status)
    expect(statuses.toSorted()).toStrictEqual(['published', 'unchanged', 'unchanged', 'unchanged'])
    expect((await rig.store.resources.latest())?.manifest).toMatchObject({ sequence: 2, approvals: [{ actor: 'ada' }] })
  })

  it('releases nothing that an operator holds, and shows no candidate of it', async () => {
    const rig = await rigThatHolds()
    const { root } = await shown(rig.store)
    await rig.store.resources.operator.rollback(1, by)
    await rig.exporter.exportOnce()
    const { digest: base = '', candidate } = (await rig.store.resources.latest()) ?? {}
    expect(candidate).toBeUndefined()
    const refused = await rig.store.resources.operator.accept(by, { base, candidate: root, identity: 'two' })
    expect(refused).toStrictEqual({ status: 'refused', reason: 'held' })
    expect(rig.exporter.status().domains.resources.held).toMatchObject({ endedBy: 'resume', candidate: undefined })
  })

  it('counts only when a trusted key has signed it, where there are any', async () => {
    const rig = exporterRig()
    const [exporterKey, operatorKey] = [generateSigningKey(), generateSigningKey()]
    const trustedKeys = [exporterKey, operatorKey].map(({ publicKey }) => ed25519TrustedKey(publicKey))
    const warnings: object[] = []
    const open = (key?: { readonly privateKey: string }) =>
      snapshotStore({
        group: 'default',
        ...rig.memory,
        clock: rig.clock,
        logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
        ...(key && { signer: ed25519Signer(key.privateKey), trustedKeys }),
      })
    const exporter = createExporter({
      store: open(exporterKey),
      source: rig.source,
      schedule: '@hourly',
      clock: rig.clock,
    })
    rig.source.put('resources', route('a'))
    await exporter.exportOnce()
    rig.source.replace({})
    await exporter.exportOnce()

    await accept(open(), await shown(open(exporterKey)))
    expect((await exporter.exportOnce()).resources.status).toBe('held')
    expect(warnings).toMatchObject([{ code: 'unsigned', domain: 'resources' }])
    await accept(open(operatorKey), await shown(open(exporterKey)))
    expect((await exporter.exportOnce()).resources.status).toBe('published')
  })

  it('fits what is sealed, too, however often it was looked at', async () => {
    const rig = exporterRig()
    const sealing = { keys: [localSealingKey(generateSealingSecret())], domains: ['instance', 'resources'] as const }
    const store = snapshotStore({ group: 'default', ...rig.memory, clock: rig.clock, sealing })
    const { source, clock } = rig
    const create = () => createExporter({ store, source, schedule: '@hourly', clock })
    source.replace({ resources: [route('a')], instance: [keyring('k')] })
    await create().exportOnce()
    source.replace({ identity: 'two', revision: 1, resources: [route('b')], instance: [keyring('k2')] })
    await create().exportOnce()
    const candidates = { instance: await shown(store, 'instance'), resources: await shown(store) }
    for (const domain of ['instance', 'resources'] as const) await accept(store, candidates[domain], domain)
    const outcome = await create().exportOnce()
    for (const domain of ['instance', 'resources'] as const) {
      expect(outcome[domain]).toMatchObject({ status: 'published', manifest: { root: candidates[domain].root } })
    }
  })

  it('cannot make room for what the format cannot hold; everything goes on when that is gone', async () => {
    const rig = exporterRig()
    rig.source.replace({ resources: [route('a')], instance: [keyring('k')] })
    await rig.exporter.exportOnce()
    rig.source.put('instance', keyring('k2'))
    rig.source.put('resources', route('big', 'x'.repeat(65 * 1024 * 1024)))
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await rig.exporter.exportOnce()).resources).toStrictEqual({
        status: 'held',
        reason: expect.stringMatching(
          /^the source's resources configuration is larger than a snapshot can be: Bucket \d+ holds 6\d{7} bytes/,
        ),
      })
      await rig.clock.turn(60_000)
    }
    expect(rig.exporter.status()).toMatchObject({
      failures: 0,
      domains: { resources: { held: { endedBy: 'source', candidate: undefined } } },
    })
    expect((await rig.store.instance.latest())?.manifest.sequence).toBe(1)
    rig.source.delete('resources', route('big'))
    expect((await rig.exporter.exportOnce()).instance.status).toBe('published')
  })
})
