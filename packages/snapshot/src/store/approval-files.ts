import { z } from 'zod'
import { approvalId, type AcceptApproval, type ApprovalSubject } from '../format/approval-subject.ts'
import { digestOf } from '../format/digest.ts'
import { maximumApprovalBytes, transferConcurrency } from '../format/limits.ts'
import { acceptApprovalSchema } from '../format/manifest-schema.ts'
import { decodeSignedJson, encodeSignedJson, signaturesOf } from '../signing/signed-json.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { createObject } from './create-object.ts'
import { writable, type DomainContext, type SignalOptions } from './domain-context.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { unlessTooLarge } from './unless-too-large.ts'

/** An approval that waits in the store, and whether it would be believed. */
export interface StoredApproval {
  readonly id: string
  /** What it says; absent when that cannot be told. */
  readonly approval?: AcceptApproval | undefined
  /** Ids of the keys that it says it is signed with. */
  readonly signedBy: readonly string[]
  /** Why it is ignored, when it is. */
  readonly problem?: SnapshotError | undefined
}

/** The approvals of a group and domain, as the store has them. SPEC section 15. */
export interface ApprovalFiles {
  /** The approval of exactly this. One that cannot be used is logged (once) and passed over. One read, and no list. */
  find(subject: ApprovalSubject, options?: SignalOptions): Promise<AcceptApproval | undefined>
  /** All of them, in the order of their ids. */
  list(options?: SignalOptions): Promise<readonly StoredApproval[]>
  /**
   * Records it, unless one of the same subject is there and would be believed: then that one is returned. One that would
   * not be, or is unsigned where this one is signed, is replaced. Rejects with `TypeError` for what is no approval, and
   * with `unsigned`, `untrusted-key` or `bad-signature` rather than write what would not be believed.
   */
  record(
    approval: AcceptApproval,
    options?: SignalOptions,
  ): Promise<{ readonly status: 'recorded' | 'there'; readonly approval: AcceptApproval }>
}

/** With the digest of its bytes. */
type ReadApproval = StoredApproval & { readonly digest: string }

const kind = 'outlast-approval-1'
const name = 'An approval'

export function approvalFiles(context: DomainContext): ApprovalFiles {
  const { group, domain, storage, layout, logger, signer, trustedKeys } = context
  const place = z.looseObject({ group: z.literal(group), domain: z.literal(domain) })
  const ignored = new Map<string, string>()

  async function bytesOf(id: string, { signal }: SignalOptions): Promise<Uint8Array | undefined> {
    const object = await storage.get(layout.approval(id), { signal, maximumBytes: maximumApprovalBytes })
    return object?.bytes
  }

  async function read(id: string, options: SignalOptions): Promise<ReadApproval | undefined> {
    const bytes = await unlessTooLarge(bytesOf(id, options))
    if (bytes === 'too-large') {
      const problem = new SnapshotError('limit-exceeded', `${name} is larger than the format allows`)
      return { id, digest: '', signedBy: [], problem }
    }
    return bytes && { id, digest: digestOf(bytes), ...(await decode(id, bytes)) }
  }

  async function decode(id: string, bytes: Uint8Array): Promise<Omit<StoredApproval, 'id'>> {
    let approval: AcceptApproval | undefined
    let signedBy: readonly string[] = []
    try {
      const value = await decodeSignedJson(bytes, kind, { trustedKeys: undefined, name })
      approval = shaped(id, value)
      signedBy = signaturesOf(value).map(({ keyId }) => keyId)
      await decodeSignedJson(bytes, kind, { trustedKeys, name })
      return { approval, signedBy }
    } catch (error) {
      if (!SnapshotError.isInstance(error)) throw error
      return { approval, signedBy, problem: error }
    }
  }

  function shaped(id: string, value: unknown): AcceptApproval {
    const parsed = acceptApprovalSchema.safeParse(value)
    if (!parsed.success || !place.safeParse(value).success || approvalId(parsed.data) !== id) {
      throw new SnapshotError('damaged', `${name} is not what its name says`)
    }
    const { action, actor, reason, at, base, candidate, identity } = parsed.data
    return { action, actor, reason, at, base, candidate, identity }
  }

  async function find(subject: ApprovalSubject, options: SignalOptions = {}): Promise<AcceptApproval | undefined> {
    const id = approvalId(subject)
    const found = await read(id, options)
    if (found?.problem === undefined) return found?.approval
    if (ignored.get(id) !== found.digest) {
      const { code, message } = found.problem
      logger.warn({ store: storage.name, group, domain, approval: id, code, error: message }, 'an approval is ignored')
    }
    ignored.set(id, found.digest)
    return undefined
  }

  return {
    find,
    async list(options = {}) {
      const ids: string[] = []
      for await (const key of storage.list(layout.approvals, options)) {
        const id = layout.approvalIdOf(key)
        if (id !== undefined) ids.push(id)
      }
      const found = await mapConcurrently(ids, transferConcurrency, async (id) => read(id, options))
      // Those that were deleted meanwhile are left out.
      return found.filter((each) => each !== undefined)
    },
    async record(approval, options = {}) {
      const issue = acceptApprovalSchema.safeParse(approval).error?.issues[0]
      if (issue !== undefined) {
        throw new TypeError(`This approval cannot be recorded: /${issue.path.map(String).join('/')} ${issue.message}`)
      }
      const id = approvalId(approval)
      const key = layout.approval(id)
      const object = { ...approval, format: 1, group, domain }
      const bytes = await encodeSignedJson(object, kind, { ...options, signer, trustedKeys, name })
      const target = writable(context)
      const result = await createObject(target, key, bytes, options)
      if (result !== 'taken') return { status: 'recorded', approval }
      const there = await read(id, options)
      const isBelieved = there?.problem === undefined && (signer === undefined || there?.signedBy.length !== 0)
      if (there?.approval !== undefined && isBelieved) return { status: 'there', approval: there.approval }
      // What nobody believes must not keep an operator from deciding: somebody forgot the key, or meant harm.
      await target.put(key, bytes, options)
      return { status: 'recorded', approval }
    },
  }
}
