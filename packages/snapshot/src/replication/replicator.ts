import type { StorageAdapter } from '@outlast/storage'
import { copySnapshot, readStoredManifest, type StoredManifest } from './copy-snapshot.ts'
import { createOnlyProbe } from '../publish/create-only-probe.ts'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { manifestLog } from '../store/manifest-log.ts'
import { prune, type PruneOptions, type PruneReport } from '../retention/prune.ts'
import { compareReplica } from './replica-comparison.ts'
import { headCopy } from './replica-head.ts'
import { replicationNotes, type ReplicationNotes, type ReplicationReport } from './replication-report.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { timeOfUuidV7 } from '../format/uuid-v7.ts'

/** Keeps a verbatim copy of a domain's snapshots in another store. SPEC section 17. */
export interface Replicator {
  /**
   * Copies what is new, the newest snapshot first, and at last the head: byte for byte, under the same keys, the parts of a
   * snapshot before its manifest, and only what verifies. Snapshots that the replica has had and has no more (pruned) stay
   * away. When there is nothing new, this costs a read and a list of each store, and a write when the heartbeat has moved.
   *
   * A run that was interrupted is completed by the next one, of this object or another. One run at a time, and no pruning
   * of the replica beside it. Rejects with `StorageError` when either store fails, and with `create-only-not-enforced`.
   */
  run(options?: { readonly signal?: AbortSignal | undefined }): Promise<ReplicationReport>
  /**
   * Prunes the replica as `DomainStore.prune` prunes a store. After a run, not beside one: while old snapshots are copied,
   * their parts belong to no manifest yet.
   */
  prune(options: PruneOptions): Promise<PruneReport>
}

/** Throws `TypeError` when the target is the store itself. */
export function replicator(source: DomainContext, target: StorageAdapter): Replicator {
  if (target === source.storage) throw new TypeError('A store cannot be its own replica')
  const replica: DomainContext = { ...source, storage: target }
  const logs = { source: manifestLog(source), replica: manifestLog(replica) }
  const head = headCopy(source, replica, logs.replica)
  const probe = createOnlyProbe(replica)
  // The replica's newest manifest, and up to which number it has had everything.
  let newest: VerifiedManifest | undefined
  let completeTo = 0

  return {
    prune: async (options) => prune(replica, logs.replica, options),
    async run(options = {}) {
      const notes = replicationNotes()
      // Before the lists, which then have what the source's head points at.
      const heads = await head.read(options)
      // A head is written last, so the replica was complete up to there.
      const known = { newest, completeTo: Math.max(completeTo, heads.replica?.head.sequence ?? 0) }
      const comparison = await compareReplica(logs, { ...known, sourceHead: heads.source?.head }, options)
      newest = comparison.newest
      for (const problem of comparison.problems) notes.failed(problem)
      let { divergedAt } = comparison
      if (divergedAt === undefined) divergedAt = await copyAll(comparison.missing, notes, options)
      if (divergedAt === undefined) {
        completeTo = newest?.manifest.sequence ?? 0
        await head.advance(heads, newest, options)
      }
      return notes.report(newest?.manifest, divergedAt)
    },
  }

  /** Resolves with the number under which the replica turned out to hold something else, if it does. */
  async function copyAll(
    missing: readonly number[],
    notes: ReplicationNotes,
    options: SignalOptions,
  ): Promise<number | undefined> {
    if (missing.length > 0) await probe(options)
    const present = new Set(newest?.manifest.parts.map(({ key }) => key))
    for (const sequence of missing) {
      let stored: StoredManifest | undefined
      try {
        stored = await readStoredManifest(source, sequence, options)
        // Pruned since it was listed.
        if (stored === undefined) continue
        const result = await copySnapshot(source, stored, { ...options, target, present, notes })
        if (result === 'taken' && !(await isThere(stored.verified, options))) return sequence
        if (sequence > (newest?.manifest.sequence ?? 0)) newest = stored.verified
      } catch (error) {
        if (!SnapshotError.isInstance(error)) throw error
        const { code, message } = error
        notes.failed({ sequence, code, message }, stored && timeOfUuidV7(stored.verified.manifest.commitId))
      }
    }
    return undefined
  }

  /** Whether a number that is taken has the same manifest, if in other bytes. Rejects with `damaged` when it has none. */
  async function isThere({ manifest, digest }: VerifiedManifest, options: SignalOptions): Promise<boolean> {
    const there = await logs.replica.tryRead(manifest.sequence, options)
    if (typeof there === 'object') return there.digest === digest
    throw new SnapshotError('damaged', `${target.name} holds no manifest under the number ${manifest.sequence}`)
  }
}
