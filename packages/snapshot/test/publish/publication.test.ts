import { memoryStorage } from '@outlast/storage'
import type { FaultyCall } from '@outlast/storage-testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, keysIn, publish, published, route, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

const clock = manualClock()
let storage: RecordingStorage

/** Another process: it shares nothing but the storage. */
function open(): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
}

function onPut(part: string): (call: FaultyCall) => boolean {
  return ({ operation, key }) => operation === 'put' && key.includes(part)
}

beforeEach(() => {
  storage = recordingStorage(memoryStorage())
})

describe('a publisher that falls asleep in its commit', () => {
  it('does not claim the number, and leaves the head to whoever looks next', async () => {
    await publish(open(), [route(1)], 1)
    const sleeper = await open().begin()
    storage.fault = (call) => {
      if (onPut('manifests/')(call)) clock.advance(31 * 60_000)
      return undefined
    }
    storage.forget()
    expect(await sleeper.publish(draft([route(2)], 2))).toEqual({ status: 'lost' })
    expect(storage.keysOf('put').filter((key) => key.endsWith('head.json'))).toEqual([])
    storage.fault = () => undefined
    expect(await publish(open(), [route(2)], 2)).toMatchObject({ status: 'unchanged', manifest: { sequence: 2 } })
  })
})

describe('a publisher whose clock is turned back', () => {
  it('begins again, because nobody can tell how long it took', async () => {
    const publication = await open().begin()
    clock.advance(-31 * 60_000)
    expect(await publication.publish(draft([route(1)]))).toEqual({ status: 'lost' })
    expect(await keysIn(storage, 'groups/default/resources/manifests/')).toEqual([])
  })
})

describe('publishers at the same time', () => {
  it.each([2, 5])('%i of them: exactly one wins each number', async (count) => {
    const publishers = Array.from({ length: count }, open)
    for (let round = 1; round <= 5; round += 1) {
      const begun = await Promise.all(publishers.map(async (publisher) => publisher.begin()))
      const results = await Promise.all(
        begun.map(async (publication, index) => publication.publish(draft([route(`${round}-${index}`)], round))),
      )
      expect(results.filter(({ status }) => status === 'published')).toHaveLength(1)
      expect(results.filter(({ status }) => status === 'lost')).toHaveLength(count - 1)
      const winner = results.findIndex(({ status }) => status === 'published')
      expect((await open().load(round)).entries).toEqual([route(`${round}-${winner}`)])
    }
    expect(await collect(open().history())).toHaveLength(5)
  })

  it('that run freely all get their content in, in turn, without a gap or a repetition', async () => {
    const all = Array.from({ length: 5 }, async (_none, index) => {
      const publisher = open()
      for (let wanted = 0; wanted < 4;) {
        const { status } = await publish(publisher, [route(`${index}-${wanted}`)])
        if (status === 'published') wanted += 1
      }
    })
    await Promise.all(all)
    const history = await collect(open().history())
    expect(history.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_none, index) => 20 - index))
    expect(new Set(history.map(({ root }) => root)).size).toBe(20)
  })

  it('a stale one loses, however late it comes', async () => {
    await published(open(), [route(1)])
    const stale = await open().begin()
    await published(open(), [route(2)], 2)
    await published(open(), [route(3)], 3)
    expect(await stale.publish(draft([route('stale')], 9))).toEqual({ status: 'lost' })
    const begun = await open().begin()
    clock.advance(30 * 60_000 + 1)
    expect(await begun.publish(draft([route('late')], 9))).toEqual({ status: 'lost' })
  })
})

describe('a publication', () => {
  it('is a success when the reply to its commit is lost', async () => {
    const isCommit = onPut('/manifests/')
    storage.fault = (call) => (isCommit(call) ? 'fail-after' : undefined)
    expect(await publish(open(), [route(1)])).toMatchObject({ status: 'published', manifest: { sequence: 1 } })
    expect((await open().load(1)).entries).toEqual([route(1)])
  })

  it('is a success when the reply was lost and a repetition of the commit is refused (fake retry)', async () => {
    const retrying = { ...storage }
    retrying.put = async (key, bytes, options) => {
      await storage.put(key, bytes, options)
      return storage.put(key, bytes, options)
    }
    const { resources } = snapshotStore({ group: 'default', resources: retrying, instance: retrying })
    expect((await publish(resources, [route(1)])).status).toBe('published')
  })

  it('is a success when the replies to its uploads are lost', async () => {
    const isUpload = onPut('/parts/')
    storage.fault = (call) => (isUpload(call) ? 'fail-after' : undefined)
    expect((await publish(open(), routes(1000))).status).toBe('published')
    expect((await open().load(1)).entries).toHaveLength(1000)
  })

  it('fails, and commits nothing, when an upload or the commit does not happen', async () => {
    for (const place of ['/parts/', '/manifests/']) {
      const isHit = onPut(place)
      storage.fault = (call) => (isHit(call) ? 'fail-before' : undefined)
      await expect(publish(open(), [route(1)])).rejects.toMatchObject({ code: 'unavailable' })
      expect(await open().latest()).toBeUndefined()
    }
  })

  it('fails when the store does not give back what was uploaded', async () => {
    storage.fault = ({ operation, key }) => (operation === 'get' && key.includes('/parts/') ? 'truncate' : undefined)
    await expect(publish(open(), [route(1)])).rejects.toMatchObject({ code: 'damaged' })
    expect(await keysIn(storage, 'groups/default/resources/manifests/')).toEqual([])
  })

  it('is superseded by the next one when its manifest was stored damaged', async () => {
    const publisher = open()
    await published(publisher, [route(1)])
    await published(publisher, [route(2)], 2)
    await storage.put('groups/default/resources/manifests/000000000002.json', Buffer.from('{}'))
    expect(await published(open(), [route(2)], 2)).toMatchObject({ sequence: 3 })
    expect((await open().latest())?.manifest.sequence).toBe(3)
  })

  it('is superseded by its own publisher too, which finds the damage when nothing has changed', async () => {
    const publisher = open()
    await published(publisher, [route(1)])
    await published(publisher, [route(2)], 2)
    await storage.put('groups/default/resources/manifests/000000000002.json', Buffer.from('{}'))
    expect(await published(publisher, [route(2)], 2)).toMatchObject({ sequence: 3 })
    expect((await open().latest())?.manifest.sequence).toBe(3)
  })

  it('fails when the store acknowledges its commit and then does not give it back', async () => {
    let committed = false
    storage.fault = ({ operation, key }) => {
      if (!key.includes('/manifests/')) return undefined
      committed ||= operation === 'put'
      return committed && operation === 'get' ? 'truncate' : undefined
    }
    await expect(publish(open(), [route(1)])).rejects.toMatchObject({ code: 'damaged' })
  })

  it('uploads again what the store has lost, at the start and after an hour, and takes over the rest', async () => {
    const key = ({ parts }: Manifest): string => `groups/default/resources/${parts[0]?.key ?? ''}`
    const publisher = open()
    const first = await published(publisher, routes(1000))
    await storage.delete(key(first))

    const second = await publish(open(), routes(1000))
    expect(second).toMatchObject({ status: 'published', uploadedParts: 1, manifest: { sequence: 2, root: first.root } })
    expect((await open().load(2)).entries).toHaveLength(1000)
    expect((await publish(publisher, routes(1000))).status).toBe('unchanged')

    if (second.status === 'published') await storage.delete(key(second.manifest))
    expect((await publish(publisher, routes(1000))).status).toBe('unchanged')
    clock.advance(3_600_000)
    expect(await publish(publisher, routes(1000))).toMatchObject({ status: 'published', uploadedParts: 1 })
    expect((await open().load(3)).entries).toHaveLength(1000)
  })

  it('is not stopped by content that is full of what looks like encrypted fields', async () => {
    const ids = Array.from({ length: 2000 }, (_, index) => index.toString(16).padStart(16, '0'))
    const look = { kind: 'routes', id: '1', value: { desc: ids.map((id) => `"$outlast$1$${id}$`).join(' ') } }
    const manifest = await published(open(), [look])
    expect(manifest.needs?.keys).toEqual(ids)
    expect((await open().load(1)).entries).toEqual([look])
  })

  it('takes parts only from its base, so content that reverts is uploaded again', async () => {
    const publisher = open()
    const first = await published(publisher, [route(1)])
    await published(publisher, [route(2)], 2)
    const third = await published(publisher, [route(1)], 3)
    expect(third.root).toBe(first.root)
    expect(third.parts[0]?.key).not.toBe(first.parts[0]?.key)
  })

  it('begins again from nothing in a store that was wiped', async () => {
    const publisher = open()
    await published(publisher, [route(1)])
    for (const key of await keysIn(storage)) await storage.delete(key)
    const publication = await publisher.begin()
    expect(publication.base).toBeUndefined()
    expect(await publication.publish(draft([route(1)], 1))).toMatchObject({ manifest: { sequence: 1 } })
    expect((await open().load(1)).entries).toEqual([route(1)])
  })
})
