import '@outlast/virtual-time/at-once'
import { comparePositions, type Approval, type Manifest } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

const by = { actor: 'ada', reason: 'INC-7' }
const reason = 'ada holds a rollback (INC-7); "outlast snapshot resume" ends it'

/** Two snapshots of both domains, and a rollback of the resources to the first. */
async function rolledBack(): Promise<ExporterRig> {
  const rig = exporterRig()
  rig.source.put('instance', keyring('k'))
  rig.source.put('resources', route('a'))
  await rig.exporter.exportOnce()
  rig.source.put('resources', route('bad'))
  await rig.exporter.exportOnce()
  await rig.clock.turn(60_000)
  await rig.store.resources.operator.rollback(1, by)
  return rig
}

async function newest({ store }: ExporterRig): Promise<Manifest> {
  const latest = await store.resources.latest()
  if (latest === undefined) throw new Error('there should be a snapshot')
  return latest.manifest
}

describe('while an operator holds', () => {
  it('nothing is published in either domain, and status and head say who holds, why, and what ends it', async () => {
    const rig = await rolledBack()
    rig.source.put('instance', keyring('k2'))
    rig.source.put('resources', route('c'))
    for (let hour = 0; hour < 3; hour++) {
      expect(await rig.exporter.exportOnce()).toStrictEqual({
        resources: { status: 'held', reason },
        instance: { status: 'held', reason: 'the resources configuration is held' },
      })
      await rig.clock.turn(3_600_000)
    }
    expect(rig.held).toMatchObject([{ domain: 'resources', reason, summary: 'would add 2 routes' }])
    expect(rig.exporter.status().domains.resources.held?.reason).toBe(reason)
    expect((await rig.store.resources.latest())?.held).toBe(reason)
    expect((await rig.store.instance.latest())?.manifest.sequence).toBe(1)
    expect(await rig.backup()).toStrictEqual(['a'])
  })

  it('holds a source that has the same content, too', async () => {
    const rig = await rolledBack()
    rig.source.delete('resources', route('bad'))
    expect((await rig.exporter.exportOnce()).resources).toStrictEqual({ status: 'held', reason })
  })

  it('holds the resources when it is the instance domain that is held', async () => {
    const rig = exporterRig()
    rig.source.put('instance', keyring('k'))
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    await rig.store.instance.operator.publish([keyring('by hand')], by)
    rig.source.put('resources', route('b'))
    expect((await rig.exporter.exportOnce()).resources).toStrictEqual({
      status: 'held',
      reason: 'the instance configuration is held',
    })
  })
})

describe('after an operator has resumed', () => {
  it('the exporter follows its source again, at a strictly higher position', async () => {
    const rig = await rolledBack()
    await rig.exporter.exportOnce()
    await rig.store.resources.operator.resume(by)
    const resumed = await newest(rig)

    await rig.exporter.exportOnce()

    const next = await newest(rig)
    expect(comparePositions(next.position, resumed.position)).toBe(1)
    // The revision did not move: it is the epoch that has to rise.
    expect(next.position.revision).toBe(resumed.position.revision)
    expect(next).toMatchObject({ sequence: resumed.sequence + 1, source: { identity: 'one' } })
    expect((await rig.store.instance.latest())?.manifest.position).toStrictEqual(next.position)
    expect(await rig.backup()).toStrictEqual(['a', 'bad'])
    expect(rig.exporter.status().domains.resources.held).toBeUndefined()
    // Once: what comes then is of one lineage again.
    rig.source.put('resources', route('c'))
    await rig.exporter.exportOnce()
    expect((await newest(rig)).position).toStrictEqual({ ...next.position, revision: next.position.revision + 1 })
  })

  it('raises the epoch even when the clock was set back', async () => {
    const rig = await rolledBack()
    await rig.store.resources.operator.resume(by)
    const resumed = await newest(rig)
    rig.clock.set(0)
    await rig.exporter.exportOnce()
    expect((await newest(rig)).position.epoch).toBe(resumed.position.epoch + 1)
  })

  it.each([
    ['of another identity', { identity: 'two', revision: 1 }],
    ['that was started anew at a lower revision', { revision: 1 }],
    ['that was started anew at a higher revision', { revision: 500 }],
  ])('any content of a source %s is followed, in both domains', async (_what, anew) => {
    const rig = await rolledBack()
    await rig.store.resources.operator.resume(by)
    const modified = { resources: new Map([['routes/x', 1]]), instance: new Map([['keyring/default', 1]]) }
    rig.source.replace({ ...anew, resources: [route('x')], instance: [keyring('other')], modified })
    expect(await rig.exporter.exportOnce()).toMatchObject({
      instance: { status: 'published' },
      resources: { status: 'published' },
    })
    expect(await rig.backup()).toStrictEqual(['x'])
    expect(rig.held).toStrictEqual([])
  })

  it('an empty source is held all the same, and followed as soon as it is filled', async () => {
    const rig = await rolledBack()
    await rig.store.resources.operator.resume(by)
    rig.source.replace({ identity: 'two', revision: 1, instance: [keyring('k')] })
    expect((await rig.exporter.exportOnce()).resources).toMatchObject({
      status: 'held',
      reason: expect.stringContaining('is empty'),
    })
    rig.source.put('resources', route('x'))
    expect((await rig.exporter.exportOnce()).resources).toMatchObject({ status: 'published' })
  })

  it.each([
    ['two', 'published'],
    ['three', 'held'],
  ])('a resume for the source "two" lets %s through: %s', async (identity, status) => {
    const rig = await rolledBack()
    const publication = await rig.store.resources.begin()
    const approval: Approval = { ...by, action: 'resume', at: '2026-01-01T00:00:00Z', identity: 'two' }
    const { base } = publication
    if (base === undefined) throw new Error('there should be a base')
    await publication.publish({
      entries: [route('a')],
      position: base.position,
      source: base.source,
      needs: base.needs,
      approvals: [approval],
    })
    rig.source.replace({ identity, revision: 1, resources: [route('x')], instance: [keyring('k')] })
    expect((await rig.exporter.exportOnce()).resources).toMatchObject({ status })
  })

  it('nothing is followed on the strength of a resume that was published over', async () => {
    const rig = await rolledBack()
    await rig.store.resources.operator.resume(by)
    await rig.exporter.exportOnce()
    rig.source.replace({ identity: 'two', revision: 1, resources: [route('x')], instance: [keyring('k')] })
    expect((await rig.exporter.exportOnce()).resources).toMatchObject({ status: 'held' })
  })

  it('takes up the epoch that one domain has already when the other could not be published', async () => {
    const rig = await rolledBack()
    await rig.store.resources.operator.resume(by)
    const { position } = await newest(rig)
    const epoch = position.epoch + 3
    const publication = await rig.store.instance.begin()
    await publication.publish({
      entries: [keyring('k')],
      position: { ...position, epoch },
      source: { identity: 'one' },
    })
    await rig.exporter.exportOnce()
    expect((await newest(rig)).position.epoch).toBe(epoch)
  })
})
