import { writable, type DomainContext, type SignalOptions } from '../store/domain-context.ts'
import { headFile, type Head, type StoredHead } from '../store/head.ts'
import type { ManifestLog } from '../store/manifest-log.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { comparePositions } from '../format/position.ts'

interface Heads {
  readonly source: StoredHead | undefined
  readonly replica: StoredHead | undefined
}

/** Copies the head of one store to another, verbatim. */
export interface HeadCopy {
  read(options: SignalOptions): Promise<Heads>
  /**
   * Writes the source's head to the replica, unless it is there, points at what the replica does not hold, or would take
   * its readers back. `newest` is the replica's newest manifest.
   */
  advance(heads: Heads, newest: VerifiedManifest | undefined, options: SignalOptions): Promise<void>
}

export function headCopy(source: DomainContext, replica: DomainContext, log: ManifestLog): HeadCopy {
  const files = { source: headFile(source), replica: headFile(replica) }

  async function held(head: Head, options: SignalOptions): Promise<VerifiedManifest | undefined> {
    const read = await log.tryRead(head.sequence, options)
    return typeof read === 'object' && read.digest === head.manifest ? read : undefined
  }

  async function isForward(next: VerifiedManifest, before: Head, options: SignalOptions): Promise<boolean> {
    if (next.manifest.sequence >= before.sequence) return true
    const current = await held(before, options)
    return current === undefined || comparePositions(next.manifest.position, current.manifest.position) > 0
  }

  return {
    read: async (options) => {
      const [ours, theirs] = await Promise.all([files.source.readStored(options), files.replica.readStored(options)])
      return { source: ours, replica: theirs }
    },
    async advance({ source: ours, replica: theirs }, newest, options) {
      if (ours === undefined || (theirs && Buffer.compare(ours.bytes, theirs.bytes) === 0)) return
      const next = newest?.digest === ours.head.manifest ? newest : await held(ours.head, options)
      if (next === undefined || (theirs && !(await isForward(next, theirs.head, options)))) return
      await writable(replica).put(replica.layout.head, ours.bytes, options)
    },
  }
}
