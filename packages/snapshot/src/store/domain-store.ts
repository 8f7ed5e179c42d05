import type { StorageAdapter } from '@outlast/storage'
import { approvalFiles, type StoredApproval } from './approval-files.ts'
import { createOnlyProbe } from '../publish/create-only-probe.ts'
import { writable, type DomainContext, type SignalOptions } from './domain-context.ts'
import { diffSnapshots, type SnapshotDiff } from '../diff/diff-snapshots.ts'
import type { AcceptApproval, ApprovalSubject } from '../format/approval-subject.ts'
import type { Domain } from '../entries/entry.ts'
import { floorGate, type Floor } from './floor.ts'
import { headFile, type HeadBeat } from './head.ts'
import { loadSnapshot, type Snapshot } from './load-snapshot.ts'
import { lostParts } from '../publish/lost-parts.ts'
import { manifestLog } from './manifest-log.ts'
import type { Manifest } from '../format/manifest.ts'
import { newestManifest, type LatestSnapshot } from './newest-manifest.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { operatorActions, type OperatorActions } from '../publish/operator.ts'
import { prune, type PruneReport } from '../retention/prune.ts'
import { beginPublication, type BeginOptions, type Publication } from '../publish/publication.ts'
import { replicator, type Replicator } from '../replication/replicator.ts'
import type { Retention } from '../retention/retention.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { verifyNewest, type NewestVerdict } from './verify-newest.ts'
import { verifySnapshots, type SnapshotVerdict } from './verify-snapshots.ts'

/** The snapshots of one group and domain. All methods reject with `StorageError` when the store itself fails. */
export interface DomainStore {
  readonly domain: Domain
  /**
   * Reads the base. Rejects with `read-only`, `create-only-not-enforced`, `unsigned` when there are trusted keys and no
   * signer, `unsupported-version` when newer software publishes here, or `limit-exceeded` when the last number is taken.
   *
   * When all of the base's parts were last looked at longer ago than `verifiedWithinMs` (default one hour; by this method
   * or by `verifyNewest`), they are read first, so that the publication makes good what the store has lost.
   */
  begin(options?: {
    readonly verifiedWithinMs?: number | undefined
    readonly signal?: AbortSignal | undefined
  }): Promise<Publication>
  /**
   * The newest committed snapshot's verified manifest, never older than what this object returned before.
   * With a floor it rejects with `below-floor` rather than give something older.
   */
  latest(options?: {
    readonly floor?: Floor | undefined
    readonly signal?: AbortSignal | undefined
  }): Promise<LatestSnapshot | undefined>
  /**
   * Fetches and verifies every part. With `reuse`, only parts that it lacks are fetched.
   * Rejects with `SnapshotError`: `damaged`, `not-found`, `not-yet` (parts have not arrived), `unsupported-version`.
   */
  load(
    snapshot: Manifest | number,
    options?: { readonly reuse?: Snapshot | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<Snapshot>
  /** Verified manifests, newest first; damaged ones, and those that a floor shuts out, are left out. */
  history(options?: {
    readonly floor?: Floor | undefined
    readonly signal?: AbortSignal | undefined
  }): AsyncIterable<Manifest>
  /** The numbers that are taken, newest first, whether or not what is there can be used. */
  sequences(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly number[]>
  /** One verified manifest, and the digest of its bytes. Rejects with `SnapshotError`: `not-found`, `damaged`, `unsupported-version`. */
  manifest(
    sequence: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly manifest: Manifest; readonly digest: string }>
  /**
   * Reads everything that these snapshots name, in this order, and says what is wrong with each; all of them, newest
   * first, when none are given. A part that several of them name is read once.
   */
  verify(options?: {
    readonly sequences?: readonly number[] | undefined
    readonly signal?: AbortSignal | undefined
  }): AsyncIterable<SnapshotVerdict>
  /**
   * Reads the newest snapshot, and compares all of its parts with what was stored; needs no key. What is lost is
   * remembered: the next publication uploads it again. Resolves with `undefined` while there is no snapshot.
   */
  verifyNewest(options?: { readonly signal?: AbortSignal | undefined }): Promise<NewestVerdict | undefined>
  /**
   * How two snapshots differ, entry by entry. Digests are compared first: parts that are equal are not read.
   * Rejects with `SnapshotError` as `load` does.
   */
  diff(
    before: Manifest,
    after: Manifest,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<SnapshotDiff>
  /**
   * The accept that an operator has recorded for exactly this; one read of the store. One that is not to be believed
   * (damaged, or not signed by a trusted key where there are any) is logged, once, and passed over.
   */
  approval(
    subject: ApprovalSubject,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<AcceptApproval | undefined>
  /** All accepts that are in the store, used or not, and why one would be ignored. */
  approvals(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly StoredApproval[]>
  /** What only a person may do. */
  readonly operator: OperatorActions
  /**
   * Records in the head that the exporter looked, why it holds when it does, and what it would publish. At most once a
   * second unless there is news; nothing while there is no snapshot.
   */
  heartbeat(beat: HeadBeat, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /**
   * Deletes what retention no longer keeps, and parts that no remaining snapshot names, unless they are younger than
   * `graceMs` (default one hour). Of every minute, and of every hour, the newest snapshot stays, by the UTC clock and the
   * time in `commitId`. Never the newest snapshot or a part that a kept manifest names. Approvals go when their base was
   * replaced, and they are as old. With `dryRun` it only counts what
   * it would delete. Rejects with `RangeError` for a retention that keeps nothing.
   */
  prune(options: {
    readonly retention: Retention
    readonly dryRun?: boolean | undefined
    readonly graceMs?: number | undefined
    readonly signal?: AbortSignal | undefined
  }): Promise<PruneReport>
  /**
   * What makes a verbatim copy of these snapshots in another store, and keeps it up to date: one for each target, for as
   * long as there is something to copy. Throws `TypeError` when the target is where these snapshots are.
   */
  replicator(target: StorageAdapter): Replicator
}

export function domainStore(context: DomainContext): DomainStore {
  const log = manifestLog(context)
  const head = headFile(context)
  const newest = newestManifest(context, log, head)
  const probe = createOnlyProbe(context)
  const approvals = approvalFiles(context)

  async function verified(sequence: number, options: SignalOptions = {}): Promise<VerifiedManifest> {
    const found = await log.read(sequence, options)
    if (found !== undefined) return found
    throw new SnapshotError('not-found', `${context.storage.name} has no snapshot ${sequence}`)
  }

  const pieces = { context, log, newest, head, lostParts: lostParts(context) }
  async function begin({ verifiedWithinMs, ...options }: BeginOptions = {}): Promise<Publication> {
    await probe(options)
    // Before anything is uploaded that nobody would read.
    if (context.trustedKeys !== undefined && context.signer === undefined) {
      throw new SnapshotError('unsigned', 'Nothing can be published unsigned where only signed snapshots are believed')
    }
    return beginPublication(pieces, { ...options, verifiedWithinMs })
  }

  async function load(
    snapshot: Manifest | number,
    options: SignalOptions & { readonly reuse?: Snapshot | undefined } = {},
  ): Promise<Snapshot> {
    const { signal } = options
    const manifest = typeof snapshot === 'number' ? (await verified(snapshot, { signal })).manifest : snapshot
    return loadSnapshot(context, manifest, options)
  }

  return {
    domain: context.domain,
    begin,
    load,
    async latest({ floor, signal } = {}) {
      const latest = await newest.latest({ signal })
      if (latest === undefined || floorGate(floor)(latest)) return latest
      const { sequence } = latest.manifest
      throw new SnapshotError(
        'below-floor',
        `The newest snapshot of ${context.storage.name}, ${sequence}, is below the floor`,
      )
    },
    operator: operatorActions({ context, newest, approvals, begin, load }),
    approval: async (subject, options) => approvals.find(subject, options),
    approvals: async (options) => approvals.list(options),
    sequences: async (options) => log.sequences(options),
    manifest: async (sequence, options) => verified(sequence, options),
    async *verify({ sequences, signal } = {}) {
      yield* verifySnapshots(context, log, sequences ?? (await log.sequences({ signal })), { signal })
    },
    verifyNewest: async (options) => verifyNewest(log, pieces.lostParts, options),
    diff: async (before, after, options) => diffSnapshots(context, before, after, options),
    async *history({ floor, signal } = {}) {
      const isAdmitted = floorGate(floor)
      for (const sequence of await log.sequences({ signal })) {
        const read = await log.tryRead(sequence, { signal })
        if (typeof read === 'object' && isAdmitted(read)) yield read.manifest
      }
    },
    async heartbeat(beat, options = {}) {
      writable(context)
      const manifest = newest.stored() ?? (await newest.base(options)).base
      if (manifest !== undefined) await head.write(manifest, beat, options)
    },
    prune: async (options) => prune(context, log, options),
    replicator: (target) => replicator(context, target),
  }
}
