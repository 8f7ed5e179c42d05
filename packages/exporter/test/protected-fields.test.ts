import '@outlast/virtual-time/at-once'
import { entryKey, type Entry, type FieldProtection, type LatestSnapshot, type ProtectionOf } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { settled } from '@outlast/virtual-time'
import { describe, expect, it } from 'vitest'
import { exporterRig, route, type ExporterRig } from './exporter-rig.ts'

const fields = fieldProtection({ group: 'default' })
const firstKey = 'the-first-key-is-32-bytes-long!!'
const secondKey = 'and-so-is-the-second,-of-course!'

function keyring(...keys: readonly string[]): Entry {
  return { kind: 'keyring', id: '1', value: { keyring: keys } }
}

function consumer(id: string, key = `secret of ${id}`): Entry {
  return { kind: 'consumers', id, value: { plugins: { 'key-auth': { key } }, username: id } }
}

const keyIdOf = (key: string): string => fields([keyring(key)]).keyIds[0] ?? 'none'

async function latest({ store }: ExporterRig): Promise<LatestSnapshot> {
  const found = await store.resources.latest()
  if (found === undefined) throw new Error('there is a snapshot')
  return found
}

async function stored(rig: ExporterRig): Promise<readonly Entry[]> {
  return (await rig.store.resources.load((await latest(rig)).manifest)).entries
}

/** The newest snapshot as a reader with its keyring has it, sorted. */
async function inClear(rig: ExporterRig): Promise<readonly Entry[]> {
  const instance = await rig.store.instance.latest()
  const keys = instance === undefined ? [] : (await rig.store.instance.load(instance.manifest)).entries
  const protection = fields(keys)
  const revealed = (await stored(rig)).map((entry) => protection.reveal(entry))
  expect(revealed.flatMap(({ failures }) => failures)).toEqual([])
  return revealed.map(({ entry }) => entry).sort((left, right) => (entryKey(left) < entryKey(right) ? -1 : 1))
}

/** With a keyring, a consumer and a route, exported by an exporter that knows no secret fields. */
async function rigInClear(): Promise<ExporterRig> {
  const rig = exporterRig()
  rig.source.put('instance', keyring(firstKey))
  rig.source.put('resources', consumer('ada'))
  rig.source.put('resources', route('a'))
  await rig.another({ fields: undefined }).exportOnce()
  expect(JSON.stringify(await stored(rig))).toContain('secret of ada')
  return rig
}

describe('the secret fields of a backup', () => {
  it('are encrypted with the keyring that is published with them', async () => {
    const rig = exporterRig({ fields })
    rig.source.put('instance', keyring(firstKey, secondKey))
    rig.source.put('resources', consumer('ada'))
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    expect(JSON.stringify(await stored(rig))).not.toContain('secret of ada')
    expect((await latest(rig)).manifest.needs?.keys).toEqual([keyIdOf(firstKey)])
    expect(await inClear(rig)).toEqual([consumer('ada'), route('a')])
  })

  it('are no change as long as they are not changed', async () => {
    const rig = exporterRig({ fields })
    rig.source.put('instance', keyring(firstKey))
    rig.source.put('resources', consumer('ada'))
    await rig.exporter.exportOnce()
    expect(await rig.exporter.exportOnce()).toMatchObject({ resources: { status: 'unchanged' } })
    expect(await rig.another().exportOnce()).toMatchObject({ resources: { status: 'unchanged' } })
  })

  it('cost only what has changed while the source is followed', async () => {
    let encrypted = 0
    const counting: ProtectionOf = (instance): FieldProtection => {
      const protection = fields(instance)
      return {
        ...protection,
        protect: (entry) => {
          encrypted++
          return protection.protect(entry)
        },
      }
    }
    const rig = exporterRig({ fields: counting })
    rig.source.put('instance', keyring(firstKey))
    for (let index = 0; index < 100; index++) rig.source.put('resources', consumer(`c${index}`))
    await rig.exporter.start()
    expect(encrypted).toBe(100)
    rig.source.put('resources', consumer('c7', 'changed'))
    rig.source.put('instance', { kind: 'discovery', id: 'dns', value: {} })
    await rig.clock.turn(2_000)
    await rig.exporter.exportOnce()
    expect(encrypted).toBe(101)
    expect((await inClear(rig)).find(({ id }) => id === 'c7')).toEqual(consumer('c7', 'changed'))
    await rig.exporter.stop()
  })

  it('are encrypted anew when the source that is followed has another keyring', async () => {
    const rig = exporterRig({ fields })
    rig.source.put('instance', keyring(firstKey))
    rig.source.put('resources', consumer('ada'))
    rig.source.put('resources', consumer('bob'))
    await rig.exporter.start()
    rig.source.put('instance', keyring(secondKey))
    rig.source.put('resources', consumer('bob', 'changed'))
    await rig.clock.turn(2_000)
    await rig.exporter.exportOnce()
    expect((await latest(rig)).manifest.needs?.keys).toEqual([keyIdOf(secondKey)])
    expect(await inClear(rig)).toEqual([consumer('ada'), consumer('bob', 'changed')])
    // What is followed from there on is still known by when it was modified.
    expect(await rig.another().exportOnce()).toMatchObject({ resources: { status: 'unchanged' } })
    rig.source.put('resources', consumer('cleo'))
    await rig.clock.turn(2_000)
    await rig.exporter.exportOnce()
    expect(await inClear(rig)).toEqual([consumer('ada'), consumer('bob', 'changed'), consumer('cleo')])
    await rig.exporter.stop()
  })

  it('are encrypted anew when the whole state of a followed source arrives with another keyring', async () => {
    const rig = exporterRig({ fields })
    rig.source.put('instance', keyring(firstKey))
    rig.source.put('resources', consumer('ada'))
    await rig.exporter.start()
    rig.source.replace({ revision: 9, instance: [keyring(secondKey)], resources: [consumer('ada'), route('a')] })
    await rig.clock.turn(2_000)
    await rig.exporter.exportOnce()
    expect((await latest(rig)).manifest.needs?.keys).toEqual([keyIdOf(secondKey)])
    expect(await inClear(rig)).toEqual([consumer('ada'), route('a')])
    await rig.exporter.stop()
  })
})

describe('a backup in clear', () => {
  it('is continued under its epoch with encrypted fields: nothing was modified, and nothing is suspected', async () => {
    const rig = await rigInClear()
    const before = (await latest(rig)).manifest.position
    expect(await rig.another({ fields }).exportOnce()).toMatchObject({ resources: { status: 'published' } })
    expect((await latest(rig)).manifest).toMatchObject({ position: before, needs: { keys: [keyIdOf(firstKey)] } })
    expect(rig.held).toEqual([])
    expect(await inClear(rig)).toEqual([consumer('ada'), route('a')])
  })

  it('is continued also when the keyring came after it', async () => {
    const rig = exporterRig()
    rig.source.put('resources', consumer('ada'))
    await rig.exporter.exportOnce()
    rig.source.put('instance', keyring(firstKey))
    const { epoch } = (await latest(rig)).manifest.position
    expect(await rig.another({ fields }).exportOnce()).toMatchObject({ resources: { status: 'published' } })
    expect((await latest(rig)).manifest.position).toEqual({ epoch, revision: 2 })
  })

  it('still tells a source that was started anew, by what is not encrypted', async () => {
    const rig = await rigInClear()
    const resources = [consumer('ada'), route('a', { uri: '/other' })]
    const modified = { instance: new Map(), resources: new Map([['routes/a', 1]]) }
    rig.source.replace({ revision: 50, instance: [keyring(firstKey)], resources, modified })
    expect(await rig.another({ fields }).exportOnce()).toMatchObject({
      resources: { status: 'held', reason: expect.stringContaining('routes/a differs') },
    })
  })
})

describe('a source of another lineage', () => {
  const anew = (rig: ExporterRig, secret: string): void => {
    const resources = [consumer('ada', secret), route('a')]
    rig.source.replace({ revision: 1, instance: [keyring(firstKey)], resources, modified: undefined })
  }

  it('continues a backup in clear when it has the same content', async () => {
    const rig = await rigInClear()
    const before = (await latest(rig)).manifest.position
    anew(rig, 'secret of ada')
    expect(await rig.another({ fields }).exportOnce()).toMatchObject({ resources: { status: 'published' } })
    expect((await latest(rig)).manifest.position.epoch).toBeGreaterThan(before.epoch)
    expect(await inClear(rig)).toEqual([consumer('ada'), route('a')])
  })

  it('is held when a secret is another one, with a summary that counts nothing else', async () => {
    const rig = await rigInClear()
    anew(rig, 'another secret')
    const told: string[] = []
    const exporter = rig.another({ fields, onHeld: ({ diff }) => told.push(JSON.stringify(diff)) })
    expect(await exporter.exportOnce()).toMatchObject({ resources: { status: 'held' } })
    await settled()
    expect(told.join()).toContain('"would change 1 consumer"')
    expect(told.join()).not.toContain('another secret')
  })

  it('is held when a secret is another one under the same keyring too', async () => {
    const rig = exporterRig({ fields })
    rig.source.put('instance', keyring(firstKey))
    rig.source.put('resources', consumer('ada'))
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    anew(rig, 'another secret')
    expect(await rig.exporter.exportOnce()).toMatchObject({ resources: { status: 'held' } })
    anew(rig, 'secret of ada')
    expect(await rig.exporter.exportOnce()).toMatchObject({ resources: { status: 'published' } })
  })

  it('is compared once, however long it is held', async () => {
    const rig = exporterRig({ fields })
    rig.source.put('instance', keyring(firstKey))
    rig.source.put('resources', consumer('ada'))
    await rig.exporter.exportOnce()
    rig.source.replace({
      identity: 'two',
      instance: [keyring(firstKey)],
      resources: [consumer('ada', 'another secret')],
    })
    await rig.exporter.exportOnce()
    rig.calls.length = 0
    for (let minute = 0; minute < 10; minute++) {
      await rig.clock.turn(60_000)
      expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    }
    expect(rig.calls.filter(({ key }) => key.includes('/parts/'))).toStrictEqual([])
  })
})

describe('an exporter whose secrets are not protected', () => {
  it('says so once, in its log and its status, until they are', async () => {
    const warnings: string[] = []
    const ignore = (): void => {}
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (_fields: object, text: string) => warnings.push(text),
    }
    const rig = exporterRig({ fields, logger })
    const { exporter, source } = rig
    source.put('resources', consumer('ada'))
    await exporter.exportOnce()
    await exporter.exportOnce()
    const none = 'secrets are stored in clear: the group has no keyring'
    expect(warnings).toEqual([none])
    expect(exporter.status().warning).toBe(none)
    expect(await stored(rig)).toEqual([consumer('ada')])

    source.put('instance', keyring('edd1c9f0985e76a2'))
    await exporter.exportOnce()
    expect(warnings).toHaveLength(2)
    expect(warnings[1]).toContain('a key that every APISIX comes with')
    expect(warnings.join()).not.toContain('edd1c9f0985e76a2')

    source.put('instance', keyring(firstKey))
    await exporter.exportOnce()
    expect(warnings).toHaveLength(2)
    expect(exporter.status().warning).toBeUndefined()
  })
})
