import '@outlast/virtual-time/at-once'
import { comparePositions, withInstanceEntries, type ConfigSource, type Domain, type Manifest } from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import { describe, expect, it } from 'vitest'
import type { Exporter } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

// A stock APISIX has its keyring in a file beside its etcd: with another one the content changes, and the revision does not.
interface UnmovedRig extends ExporterRig {
  /** A process of its own, which was started with this keyring in its file. */
  readonly startedWith: (key: string) => Exporter
  readonly newest: (domain: Domain) => Promise<Manifest>
}

/** With a route at revision 1, exported with the keyring `old`. */
async function rigWithFile(): Promise<UnmovedRig> {
  const rig = exporterRig()
  rig.source.put('resources', route('a'))
  const sourceWith = (key: string): ConfigSource => withInstanceEntries(rig.source, [keyring(key)])
  const startedWith = (key: string): Exporter => rig.another({ source: sourceWith(key) })
  await startedWith('old').exportOnce()
  const newest = async (domain: Domain): Promise<Manifest> => {
    const latest = await rig.store[domain].latest()
    if (latest === undefined) throw new Error(`there is no snapshot of the ${domain}`)
    return latest.manifest
  }
  return { ...rig, startedWith, newest }
}

describe('content that changes while the revision of the source does not', () => {
  it('goes on under a new epoch in both domains, so that readers which have that revision already take it', async () => {
    const { startedWith, newest, clock, source } = await rigWithFile()
    const before = await newest('resources')
    await clock.turn(1_000_000)

    await startedWith('new').exportOnce()

    const [instance, resources] = [await newest('instance'), await newest('resources')]
    expect(comparePositions(resources.position, before.position)).toBeGreaterThan(0)
    expect(resources.position).toStrictEqual({ epoch: before.position.epoch + 1_000, revision: 1 })
    expect(instance.position).toStrictEqual(resources.position)
    expect(resources.needs).toStrictEqual({ instance: instance.position })

    source.put('resources', route('b'))
    await startedWith('new').exportOnce()
    expect((await newest('resources')).position).toStrictEqual({ ...resources.position, revision: 2 })
  })

  it('rises above its base when the clock stands still, and when the instance configuration is the first one', async () => {
    const rig = exporterRig()
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    const before = await rig.store.resources.latest()
    await rig.another({ source: withInstanceEntries(rig.source, [keyring('first')]) }).exportOnce()
    const after = await rig.store.resources.latest()
    expect(after?.manifest.position).toStrictEqual({
      epoch: (before?.manifest.position.epoch ?? 0) + 1,
      revision: 1,
    })
  })

  it('counts from the revision at which the source was last found equal, which readers may have from the source itself', async () => {
    const { startedWith, newest, clock, source } = await rigWithFile()
    const before = await newest('resources')
    source.delete('resources', route('nothing'))
    await clock.turn(2_000)
    await startedWith('old').exportOnce()
    expect((await newest('resources')).position.revision).toBe(1)

    await startedWith('new').exportOnce()

    const { position } = await newest('resources')
    expect(position.revision).toBe(2)
    expect(position.epoch).toBeGreaterThan(before.position.epoch)
  })

  it('is published once by exporters that see the same, one after the other and all at once', async () => {
    const { startedWith, newest, clock } = await rigWithFile()
    const exporters = ['new', 'new', 'new'].map((key) => startedWith(key))
    await clock.turnUntilSettled(Promise.all(exporters.map(async (exporter) => exporter.exportOnce())))
    const { position } = await newest('resources')
    expect((await newest('instance')).position).toStrictEqual(position)

    for (let hour = 0; hour < 3; hour++) {
      await clock.turn(3_600_000)
      for (const exporter of exporters) {
        expect(await exporter.exportOnce()).toMatchObject({
          instance: { status: 'unchanged' },
          resources: { status: 'unchanged' },
        })
      }
    }
    expect((await newest('resources')).position).toStrictEqual(position)
  })

  it('is completed under its epoch by whoever finds only its instance half', async () => {
    const { startedWith, newest, clock, breakStorage } = await rigWithFile()
    breakStorage('resources', ({ operation, key }) =>
      operation === 'put' && key.includes('/manifests/') ? 'fail-before' : undefined,
    )
    await expect(startedWith('new').exportOnce()).rejects.toThrow(StorageError)
    const { position, sequence } = await newest('instance')
    expect(sequence).toBe(2)
    expect((await newest('resources')).position.epoch).toBeLessThan(position.epoch)

    breakStorage('resources', undefined)
    await clock.turn(5_000)
    await startedWith('new').exportOnce()
    expect((await newest('resources')).position).toStrictEqual(position)
    expect((await newest('instance')).sequence).toBe(2)
  })
})
