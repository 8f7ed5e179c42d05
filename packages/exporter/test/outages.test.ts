import '@outlast/virtual-time/at-once'
import { StorageError } from '@outlast/storage'
import type { Fault, FaultyCall } from '@outlast/storage-testkit'
import { afterEach, describe, expect, it } from 'vitest'
import type { Exporter } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

const answer = (code: ConstructorParameters<typeof StorageError>[0]['code']): Fault => ({
  error: new StorageError({ code, message: `the store answers ${code}` }),
})

describe('a destination that is out for minutes', () => {
  const started: Exporter[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (exporter) => exporter.stop()))
  })

  const whileWriting =
    (fault: Fault) =>
    ({ operation }: FaultyCall): Fault | undefined =>
      operation === 'put' ? fault : undefined

  it.each<[string, Parameters<ExporterRig['breakStorage']>[1]]>([
    ['answers nothing but 500s', 'fail-before'],
    ['refuses the credentials (403)', answer('denied')],
    ['is throttling', answer('throttled')],
    ['has lost its bucket', answer('bucket-not-found')],
    ['gives half answers', 'truncate'],
    ['loses its replies', 'fail-after'],
    ['has a full disk', whileWriting(answer('no-space'))],
  ])('because it %s is asked rarely, and gets exactly the final state afterwards', async (_what, fault) => {
    const rig = exporterRig({ schedule: '@every 1m' })
    started.push(rig.exporter)
    rig.source.put('instance', keyring('k'))
    rig.source.put('resources', route('a'))
    await rig.exporter.start()
    for (const domain of ['resources', 'instance'] as const) rig.breakStorage(domain, fault)
    rig.calls.length = 0
    let mostInASecond = 0
    // Three minutes, with a change every second.
    for (let second = 0; second < 180; second++) {
      const before = rig.calls.length
      // Never back to what the backup has: that would be no failure.
      rig.source.put('resources', route('b', second))
      await rig.clock.turn(1_000)
      mostInASecond = Math.max(mostInASecond, rig.calls.length - before)
    }
    rig.source.delete('resources', route('b'))
    rig.source.put('resources', route('last'))
    // At most one attempt in about five seconds, and each is a handful of calls.
    expect(rig.exporter.status().counters.failed).toBeGreaterThan(10)
    expect(rig.exporter.status().counters.failed).toBeLessThan(45)
    expect(rig.calls.length).toBeLessThan(800)
    expect(mostInASecond).toBeLessThan(60)
    for (const domain of ['resources', 'instance'] as const) rig.breakStorage(domain, undefined)
    await rig.reaches(['a', 'last'])
    for await (const { problems } of rig.store.resources.verify()) expect(problems).toStrictEqual([])
    const { failures, lastError, lastSuccessAt = 0 } = rig.exporter.status()
    expect(failures).toBe(0)
    expect(lastSuccessAt).toBeGreaterThan(lastError?.at ?? 0)
  })

  it('that loses the replies to writes only is no outage: what was written counts', async () => {
    const rig = exporterRig()
    started.push(rig.exporter)
    rig.source.put('resources', route('a'))
    await rig.exporter.start()
    rig.breakStorage('resources', whileWriting('fail-after'))
    rig.source.put('resources', route('b'))
    await rig.reaches(['a', 'b'])
    expect(rig.exporter.status()).toMatchObject({ failures: 0, counters: { failed: 0, lostRaces: 0 } })
  })

  it('makes no other exporter wait or fail', async () => {
    const broken = exporterRig()
    const { clock } = broken
    const healthy = broken.another({ store: exporterRig().store })
    const controller = new AbortController()
    started.push(healthy)
    broken.source.put('resources', route('a'))
    broken.breakStorage('resources', 'hang')
    const starting = broken.exporter.start({ signal: controller.signal })
    await healthy.start()
    expect(healthy.status()).toMatchObject({ domains: { resources: { sequence: 1 } }, failures: 0 })
    broken.source.put('resources', route('b'))
    await clock.turnUntil(() => expect(healthy.status().domains.resources.sequence).toBe(2))
    controller.abort()
    await starting
  })

  it('of one domain says so in status, without a secret or content', async () => {
    const rig = exporterRig()
    started.push(rig.exporter)
    rig.source.put('instance', keyring('a-secret'))
    rig.source.put('resources', route('a'))
    rig.breakStorage('instance', answer('denied'))
    await rig.exporter.start()
    expect(rig.exporter.status()).toMatchObject({
      failures: 1,
      counters: { failed: 1, published: 0 },
      lastError: { message: expect.stringContaining('the store answers denied') },
    })
    expect(JSON.stringify(rig.exporter.status())).not.toContain('a-secret')
  })
})
