import { SnapshotError } from '../snapshot-error.ts'
import type { Entry } from '../entries/entry.ts'
import type { AcceptApproval, ApprovalSubject } from '../format/approval-subject.ts'
import type { Act, Approval, Hold, Manifest, Needs } from '../format/manifest.ts'
import { operatorIdentity } from '../format/operator-identity.ts'
import { uuidV7 } from '../format/uuid-v7.ts'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import type { ApprovalFiles } from '../store/approval-files.ts'
import type { Snapshot } from '../store/load-snapshot.ts'
import type { NewestManifest } from '../store/newest-manifest.ts'
import type { Publication } from './publication.ts'
import type { PublishResult, SnapshotDraft } from './publish-draft.ts'

/** Who decides, and why: kept in the manifest. SPEC section 15. */
export type DecidedBy = Pick<Act, 'actor' | 'reason'>

export type AcceptResult =
  /** `there`: it was accepted before, by whom `approval` says. */
  | { readonly status: 'recorded' | 'there'; readonly approval: AcceptApproval }
  /** The base is no longer the newest snapshot; or an operator holds it, which `resume` ends and nothing else. */
  | { readonly status: 'refused'; readonly reason: 'base-replaced' | 'held' }

/**
 * What only a person may do, signed with this store's signer. All but `accept` are commits of their own, and safe beside
 * publishers: they begin again when one of them is quicker. They reject as `begin`, `load` and `publish` do, and with
 * `not-found` when the store has no snapshot to stand on.
 */
export interface OperatorActions {
  /**
   * Publishes the content of an older snapshot as the newest, under a new epoch. Exporters and the nodes' return to the
   * control plane are held until `resume`: otherwise the next export would undo it.
   */
  rollback(sequence: number, by: DecidedBy, options?: SignalOptions): Promise<PublishResult>
  /** Publishes content that comes from no source, for a change while the control plane is away. Holds like a rollback. */
  publish(entries: Iterable<Entry>, by: DecidedBy, options?: SignalOptions): Promise<PublishResult>
  /** Ends a hold: exporters may follow with whatever their source has by now. `unchanged` when nothing is held. */
  resume(by: DecidedBy, options?: SignalOptions): Promise<PublishResult>
  /**
   * Lets an exporter that holds by itself publish what its head shows as the candidate: exactly this content, of this
   * source, in the place of this snapshot, once. Writes an approval, which the exporter finds at its next attempt. Rejects
   * with `TypeError` when the subject or the texts cannot be those of an approval.
   */
  accept(by: DecidedBy, subject: ApprovalSubject, options?: SignalOptions): Promise<AcceptResult>
}

const attempts = 10

type Draft = (base: Manifest, digest: string) => SnapshotDraft | undefined | Promise<SnapshotDraft | undefined>

export function operatorActions(options: {
  readonly context: DomainContext
  readonly newest: NewestManifest
  readonly approvals: ApprovalFiles
  readonly begin: (options: SignalOptions) => Promise<Publication>
  readonly load: (sequence: number, options: SignalOptions) => Promise<Snapshot>
}): OperatorActions {
  const { context, newest, approvals, begin, load } = options
  const { clock } = context

  /** Commits what `draft` makes of the newest snapshot; nothing, when that is nothing. */
  async function commit(draft: Draft, signalOptions: SignalOptions): Promise<PublishResult> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const publication = await begin(signalOptions)
      const { base, baseDigest } = publication
      if (base === undefined || baseDigest === undefined) throw nothingThere()
      const made = await draft(base, baseDigest)
      if (made === undefined) return { status: 'unchanged', manifest: base }
      const result = await publication.publish(made, signalOptions)
      if (result.status !== 'lost') return result
    }
    return { status: 'lost' }
  }

  function nothingThere(): SnapshotError {
    return new SnapshotError('not-found', `${context.storage.name} has no snapshot to build on`)
  }

  function actOf({ actor, reason }: DecidedBy): Act {
    return { actor, reason, at: new Date(clock.now()).toISOString() }
  }

  /** Another content than the source's: under a new epoch, and as nobody's lineage. */
  function override(action: Hold['action'], by: DecidedBy, entries: Iterable<Entry>, needs?: Needs): Draft {
    return ({ position, needs: basesNeeds }, digest) => {
      const act = actOf(by)
      const epoch = Math.max(position.epoch + 1, Math.floor(clock.now() / 1000))
      return {
        entries,
        position: { epoch, revision: position.revision },
        source: { identity: operatorIdentity(uuidV7(clock.now())) },
        needs: instanceOf(needs ?? basesNeeds),
        hold: { ...act, action },
        approvals: [{ ...act, action, base: digest }],
      }
    }
  }

  /** The same content at the same position: what is held becomes what is followed. */
  function released(by: DecidedBy, signalOptions: SignalOptions): Draft {
    return async ({ hold, sequence, position, source, needs }, digest) => {
      if (hold === undefined) return undefined
      const { entries } = await load(sequence, signalOptions)
      const approval: Approval = { ...actOf(by), action: 'resume', base: digest }
      return { entries, position, source, needs: instanceOf(needs), approvals: [approval] }
    }
  }

  return {
    rollback: async (sequence, by, signalOptions = {}) => {
      const { entries, manifest } = await load(sequence, signalOptions)
      return commit(override('rollback', by, entries, manifest.needs), signalOptions)
    },
    publish: async (entries, by, signalOptions = {}) => commit(override('publish', by, [...entries]), signalOptions),
    resume: async (by, signalOptions = {}) => commit(released(by, signalOptions), signalOptions),
    accept: async (by, { base, candidate, identity }, signalOptions = {}) => {
      const { base: found } = await newest.base(signalOptions)
      if (found === undefined) throw nothingThere()
      if (found.digest !== base) return { status: 'refused', reason: 'base-replaced' }
      if (found.manifest.hold !== undefined) return { status: 'refused', reason: 'held' }
      return approvals.record({ ...actOf(by), action: 'accept', base, candidate, identity }, signalOptions)
    },
  }
}

// The keys that are needed follow from the content.
function instanceOf(needs: Needs | undefined): SnapshotDraft['needs'] {
  return needs?.instance && { instance: needs.instance }
}
