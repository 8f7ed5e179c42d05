import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { entrySet } from '../../src/entries/entry-set.ts'
import { approvalId, type ApprovalSubject } from '../../src/format/approval-subject.ts'
import { layoutOf } from '../../src/format/layout.ts'
import { silentLogger } from '../../src/logger.ts'
import { ed25519Signer, ed25519TrustedKey, generateSigningKey } from '../../src/signing/ed25519.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, onlyNewest, publish, published, route } from '../publish.ts'

const by = { actor: 'ada', reason: 'INC-7: the cluster was replaced' }
const exporters = generateSigningKey()
const operators = generateSigningKey()
const strangers = generateSigningKey()
const trustedKeys = [ed25519TrustedKey(exporters.publicKey), ed25519TrustedKey(operators.publicKey)]
const asOperator = { signer: ed25519Signer(operators.privateKey), trustedKeys }
const asExporter = { signer: ed25519Signer(exporters.privateKey), trustedKeys }
const hourMs = 3_600_000
const layout = layoutOf('default', 'resources')

let clock: ReturnType<typeof manualClock>
let storage: StorageAdapter
let warnings: object[]
let subject: ApprovalSubject
const key = (of = subject): string => layout.approval(approvalId(of))

function open(options: Partial<SnapshotStoreOptions> = {}): DomainStore {
  const logger = { ...silentLogger, warn: (fields: object): void => void warnings.push(fields) }
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock, logger, ...options }).resources
}

beforeEach(async () => {
  clock = manualClock()
  storage = memoryStorage()
  warnings = []
  await published(open(asExporter), [route(1)], 1)
  const publication = await open().begin()
  const { baseDigest = '' } = publication
  subject = { base: baseDigest, candidate: publication.rootOf([route(2)]) ?? '', identity: 'other' }
})

describe('an accept', () => {
  it('is found under a name that follows from what it is for, by one read', async () => {
    const recorded = await open().operator.accept(by, subject)
    const approval = { action: 'accept', ...by, at: new Date(clock.now()).toISOString(), ...subject }
    expect(recorded).toEqual({ status: 'recorded', approval })
    expect(await open().approval(subject)).toEqual(approval)
    expect(approvalId({ base: 'sha256:b', candidate: 'sha256:c', identity: 'i' })).toBe(
      'd82845f0ee502c3c59db9557101c3b8fccd1e7b73757288e86473a9cf0cf5395',
    )
  })

  it('is good for nothing else: another base, content, source, domain or group', async () => {
    await open().operator.accept(by, subject)
    const others = [
      { ...subject, base: subject.candidate },
      { ...subject, candidate: subject.base },
      { ...subject, identity: 'another' },
    ]
    for (const other of others) expect(await open().approval(other)).toBeUndefined()

    const bytes = (await storage.get(key()))?.bytes ?? new Uint8Array()
    await storage.put(key({ ...subject, identity: 'another' }), bytes)
    await storage.put(layoutOf('default', 'instance').approval(approvalId(subject)), bytes)
    await storage.put(layoutOf('staging', 'resources').approval(approvalId(subject)), bytes)
    expect(await open().approval({ ...subject, identity: 'another' })).toBeUndefined()
    const stores = { resources: storage, instance: storage, clock }
    expect(await snapshotStore({ group: 'default', ...stores }).instance.approval(subject)).toBeUndefined()
    expect(await snapshotStore({ group: 'staging', ...stores }).resources.approval(subject)).toBeUndefined()
  })

  it('says that it is there when it was given before, by whom', async () => {
    await open().operator.accept(by, subject)
    clock.advance(1_000)
    expect(await open().operator.accept({ actor: 'bob', reason: 'me too' }, subject)).toMatchObject({
      status: 'there',
      approval: { actor: 'ada' },
    })
    expect(await open().approval(subject)).toMatchObject({ actor: 'ada' })
  })

  it('is refused when the base is no longer the newest, or is held by an operator', async () => {
    await published(open(), [route(3)], 2)
    expect(await open().operator.accept(by, subject)).toEqual({ status: 'refused', reason: 'base-replaced' })
    await open().operator.rollback(1, by)
    const { digest = '' } = (await open().latest()) ?? {}
    const held = await open().operator.accept(by, { ...subject, base: digest })
    expect(held).toEqual({ status: 'refused', reason: 'held' })
    expect(await open().approvals()).toEqual([])
  })

  it('needs a snapshot, and a subject and texts that fit', async () => {
    const elsewhere = memoryStorage()
    const empty = snapshotStore({ group: 'default', resources: elsewhere, instance: elsewhere }).resources
    await expect(empty.operator.accept(by, subject)).rejects.toMatchObject({ code: 'not-found' })
    await expect(open().operator.accept(by, { ...subject, candidate: 'all' })).rejects.toThrow(TypeError)
    await expect(open().operator.accept({ ...by, reason: 'x'.repeat(1025) }, subject)).rejects.toThrow(TypeError)
    // The longest that there can be is within the bound of what is read.
    const longest = { actor: '\u0001'.repeat(1024), reason: '\u0001'.repeat(1024) }
    const wordy = { ...subject, identity: '\u0001'.repeat(1024) }
    await open(asOperator).operator.accept(longest, wordy)
    expect(await open().approval(wordy)).toMatchObject(longest)
  })

  it('does not release what an operator holds', async () => {
    await open().operator.rollback(1, by)
    const { digest = '' } = (await open().latest()) ?? {}
    const approval = {
      action: 'accept',
      ...by,
      at: new Date(clock.now()).toISOString(),
      ...subject,
      base: digest,
    } as const
    const result = await publish(open(), [route(2)], 2, {
      position: { epoch: Math.floor(clock.now() / 1000) + 1, revision: 2 },
      approvals: [approval],
    })
    expect(result).toEqual({ status: 'refused', reason: 'held' })
  })
})

describe('where there are trusted keys', () => {
  it('an accept counts when one of them has signed it, and only as an accept', async () => {
    await open(asOperator).operator.accept(by, subject)
    expect(await open(asExporter).approval(subject)).toMatchObject(by)
    expect(await open(asExporter).approvals()).toMatchObject([{ signedBy: [operators.keyId], approval: by }])
    const tampered = String(Buffer.from((await storage.get(key()))?.bytes ?? [])).replace('INC-7', 'INC-8')
    await storage.put(key(), Buffer.from(tampered))
    expect(await open(asExporter).approval(subject)).toBeUndefined()
  })

  it.each([
    ['unsigned', {}, 'unsigned'],
    ['of a stranger', { signer: ed25519Signer(strangers.privateKey) }, 'untrusted-key'],
  ])('one that is %s is ignored, and said so once', async (_what, writer, code) => {
    await open(writer).operator.accept(by, subject)
    const exporter = open(asExporter)
    expect(await exporter.approval(subject)).toBeUndefined()
    expect(await exporter.approval(subject)).toBeUndefined()
    expect(warnings).toMatchObject([{ group: 'default', domain: 'resources', approval: approvalId(subject), code }])
    expect(await exporter.approvals()).toMatchObject([{ approval: by, problem: { code } }])
  })

  it('one that nobody believes does not stand in the way of the operator', async () => {
    await open().operator.accept({ actor: 'ada', reason: 'forgot the key' }, subject)
    // The operator signs, and believes anybody; or believes what the exporter believes.
    for (const operator of [{ signer: asOperator.signer }, asOperator]) {
      expect(await open(operator).operator.accept(by, subject)).toMatchObject({ approval: by })
      expect(await open(asExporter).approval(subject)).toMatchObject(by)
    }
    await storage.put(key(), Buffer.from('junk'))
    expect(await open(asOperator).operator.accept(by, subject)).toMatchObject({ status: 'recorded' })
    await storage.put(key(), Buffer.alloc(40_000))
    expect(await open(asExporter).approval(subject)).toBeUndefined()
    expect(await open(asOperator).operator.accept(by, subject)).toMatchObject({ status: 'recorded' })
    expect(await open(asExporter).approval(subject)).toMatchObject(by)
  })

  it('an operator without a key is told, and writes nothing', async () => {
    await expect(open({ trustedKeys }).operator.accept(by, subject)).rejects.toMatchObject({ code: 'unsigned' })
    expect(await open().approvals()).toEqual([])
  })
})

describe('pruning', () => {
  it('deletes an accept once its base was replaced an hour ago, and never one that still waits', async () => {
    await open().operator.accept(by, subject)
    await storage.put(`${layout.approvals}notes.txt`, Buffer.from('of somebody else'))
    const prune = async (): Promise<number> => (await open().prune({ retention: onlyNewest(10) })).approvals
    clock.advance(24 * hourMs)
    expect(await prune()).toBe(0)
    await published(open(), [route(3)], 2)
    expect(await open().prune({ retention: onlyNewest(10), dryRun: true })).toMatchObject({ approvals: 1 })
    expect(await open().approvals()).toHaveLength(1)
    expect(await prune()).toBe(1)
    expect(await open().approvals()).toEqual([])
    expect(await storage.get(`${layout.approvals}notes.txt`)).toBeDefined()
  })

  it('leaves one that is younger than the grace, and one that cannot be read', async () => {
    await open().operator.accept(by, subject)
    await storage.put(key({ ...subject, identity: 'another' }), Buffer.from('junk'))
    await published(open(), [route(3)], 2)
    expect(await open().prune({ retention: onlyNewest(10) })).toMatchObject({ approvals: 0 })
    expect(await open().approvals()).toHaveLength(2)
  })
})

describe('a publication', () => {
  it('tells the root that content would have, which is what it commits', async () => {
    const publication = await open().begin()
    const set = entrySet([route(1), route(5)])
    const root = publication.rootOf(set)
    const result = await publication.publish(draft(set, 9))
    expect(result).toMatchObject({ status: 'published', manifest: { root } })
    const first = snapshotStore({ group: 'new', resources: storage, instance: storage }).resources
    expect((await first.begin()).rootOf(set)).toBeUndefined()
  })
})
