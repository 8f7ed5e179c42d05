import { memoryStorage, StorageError } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { publish, published, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

const prefix = 'groups/default/resources/'
const entries = routes(1000)
let clock: ReturnType<typeof manualClock>
let storage: RecordingStorage
let warnings: { readonly fields: object; readonly message: string }[]

/** Another process: it shares nothing but the storage. */
function open(): DomainStore {
  const logger = {
    debug() {},
    info() {},
    warn: (fields: object, message: string) => void warnings.push({ fields, message }),
    error() {},
  }
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock, logger }).resources
}

function keyOf({ parts }: Manifest, index: number): string {
  return `${prefix}${parts[index]?.key}`
}

async function flipByte(key: string): Promise<void> {
  const bytes = Buffer.from((await storage.get(key))?.bytes ?? [])
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
  await storage.put(key, bytes)
}

function partsRead(): number {
  return storage.keysOf('get').filter((key) => key.includes('/parts/')).length
}

async function expectRepaired(sequence: number): Promise<void> {
  expect((await open().load(sequence)).entries).toHaveLength(entries.length)
  expect((await open().latest())?.manifest.sequence).toBe(sequence)
}

beforeEach(() => {
  clock = manualClock()
  storage = recordingStorage(memoryStorage())
  warnings = []
})

describe('a publication of the same content', () => {
  it('repairs what was damaged in the store, in a new snapshot, and says how much it was', async () => {
    const first = await published(open(), entries)
    await flipByte(keyOf(first, 0))
    await storage.put(keyOf(first, 1), Buffer.from('short'))
    await storage.delete(keyOf(first, 2))
    const repairing = await publish(open(), entries)
    expect(repairing).toMatchObject({
      status: 'published',
      uploadedParts: 3,
      reusedParts: first.parts.length - 3,
      manifest: { sequence: 2, root: first.root, position: first.position },
    })
    await expectRepaired(2)
    expect(warnings).toEqual([
      {
        fields: { store: 'memory:', group: 'default', domain: 'resources', sequence: 1, missing: 1, damaged: 2 },
        message: 'the store has lost parts',
      },
    ])
  })

  it('repairs within an hour what is damaged while it runs, and in between reads no part', async () => {
    const publisher = open()
    const first = await published(publisher, entries)
    // The first look that has something to look at.
    await publish(publisher, entries)
    await flipByte(keyOf(first, 0))
    storage.forget()
    for (let minute = 1; minute < 60; minute += 1) {
      clock.advance(60_000)
      expect((await publish(publisher, entries)).status).toBe('unchanged')
    }
    expect(partsRead()).toBe(0)
    clock.advance(60_000)
    expect(await publish(publisher, entries)).toMatchObject({ status: 'published', uploadedParts: 1 })
    expect(partsRead()).toBe(first.parts.length + 1)
    await expectRepaired(2)
    expect((await publish(publisher, entries)).status).toBe('unchanged')
  })

  it('takes nothing for lost because the store fails', async () => {
    const first = await published(open(), entries)
    const codes = ['unavailable', 'denied', 'timeout'] as const
    storage.fault = ({ operation, key, count }) => {
      const code = codes[count % codes.length] ?? 'unknown'
      const isPart = operation === 'get' && key.includes('/parts/')
      return isPart ? { error: new StorageError({ code, message: 'planned' }) } : undefined
    }
    expect(await publish(open(), entries)).toMatchObject({
      status: 'unchanged',
      manifest: { sequence: first.sequence },
    })
    expect(warnings).toEqual([])
  })

  it('ends when it is told to while it looks', async () => {
    await published(open(), entries)
    const controller = new AbortController()
    storage.fault = ({ key }) => {
      if (key.includes('/parts/')) controller.abort(new Error('enough'))
      return undefined
    }
    await expect(open().begin({ signal: controller.signal })).rejects.toThrow('enough')
  })

  it.each([
    ['and other content', entries],
    ['and the content that the one below it has', routes(999)],
  ])('supersedes a newest manifest that was damaged, with the next number %s', async (_name, next) => {
    const publisher = open()
    await published(publisher, routes(999))
    await published(publisher, entries, 2)
    // It runs what is about to be damaged, and goes back to no lower number.
    const reader = open()
    await reader.latest()
    await flipByte(`${prefix}manifests/000000000002.json`)
    for (const other of [publisher, open()]) {
      const result = await publish(other, next, 3)
      expect(result.status).toBe(other === publisher ? 'published' : 'unchanged')
      expect(result).toMatchObject({ manifest: { sequence: 3 } })
    }
    const latest = await reader.latest()
    expect(latest?.manifest.sequence).toBe(3)
    expect((await open().load(3)).entries).toHaveLength(next.length)
  })
})
