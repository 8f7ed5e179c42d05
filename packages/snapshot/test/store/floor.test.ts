import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { layoutOf } from '../../src/format/layout.ts'
import { floorGate } from '../../src/store/floor.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { published, route } from '../publish.ts'

const layout = layoutOf('default', 'resources')
let storage: StorageAdapter

function open(): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage }).resources
}

const at = (revision: number) => ({ position: { epoch: 1, revision } })
const sequences = async (store: DomainStore, floor: Parameters<typeof floorGate>[0]): Promise<number[]> =>
  (await collect(store.history({ floor }))).map(({ sequence }) => sequence)

beforeEach(async () => {
  storage = memoryStorage()
  for (const revision of [1, 2, 3, 4]) await published(open(), [route(revision)], revision)
})

describe('a floor', () => {
  it('lets the newest through, and everything that it was built on', async () => {
    expect((await open().latest({ floor: at(4) }))?.manifest.sequence).toBe(4)
    expect(await sequences(open(), at(4))).toEqual([4, 3, 2, 1])
  })

  it('refuses an old snapshot when what was newer is gone, however well it is signed', async () => {
    await storage.delete(layout.manifest(4))
    await storage.delete(layout.manifest(3))
    await expect(open().latest({ floor: at(4) })).rejects.toMatchObject({ code: 'below-floor' })
    expect(await sequences(open(), at(4))).toEqual([])
    // The same without a floor, and when the operator has lowered it.
    expect((await open().latest())?.manifest.sequence).toBe(2)
    expect((await open().latest({ floor: at(2) }))?.manifest.sequence).toBe(2)
  })

  it('lets through what the reader has served itself', async () => {
    const { digest } = await open().manifest(2)
    await storage.delete(layout.manifest(4))
    await storage.delete(layout.manifest(3))
    const floor = { ...at(4), served: new Set([digest]) }
    expect(await open().latest({ floor })).toMatchObject({ digest, manifest: { sequence: 2 } })
    expect(await sequences(open(), floor)).toEqual([2, 1])
  })

  it('is not passed through a gap', async () => {
    await storage.delete(layout.manifest(3))
    expect(await sequences(open(), at(4))).toEqual([4])
  })

  it('never admits anything below it that is neither served nor reached', () => {
    const chains = fc.array(fc.record({ revision: fc.nat(20), isLinked: fc.boolean() }), { maxLength: 12 })
    fc.assert(
      fc.property(chains, fc.nat(20), fc.uniqueArray(fc.nat(11)), (chain, least, servedIndexes) => {
        const digest = (index: number): string => `digest ${index}`
        const isAdmitted = floorGate({ ...at(least), served: new Set(servedIndexes.map(digest)) })
        const verdicts = chain.map(({ revision, isLinked }, index) =>
          isAdmitted({
            digest: digest(index),
            // What a gate looks at.
            manifest: {
              ...manifest,
              position: { epoch: 1, revision },
              previous: isLinked ? digest(index + 1) : undefined,
            },
          }),
        )
        for (const [index, { revision }] of chain.entries()) {
          const isReached = chain[index - 1]?.isLinked === true && verdicts[index - 1] === true
          expect(verdicts[index]).toBe(revision >= least || servedIndexes.includes(index) || isReached)
        }
      }),
    )
  })
})

const manifest = await (async () => {
  storage = memoryStorage()
  return published(open(), [route(1)])
})()
