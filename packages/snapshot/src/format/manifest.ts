import type { Domain } from '../entries/entry.ts'
import type { Position } from './position.ts'
import type { RecentCount } from './recent-counts.ts'

/** One part: the entries of one bucket, as sorted NDJSON, compressed. */
export interface PartReference {
  /** Which bucket of the fan-out, `0` … `fanout - 1`. */
  readonly bucket: number
  /** Key below the domain's prefix: `parts/<commitId>/<bucket>.zst`. */
  readonly key: string
  /** Of the object as stored. `digest` is `sha256:<hex>`; sizes are bytes. */
  readonly stored: { readonly digest: string; readonly size: number }
  /** Of the NDJSON after decompression. */
  readonly plain: { readonly digest: string; readonly size: number }
  readonly count: number
}

/** Who did something that a machine must not decide alone, and why. */
export interface Act {
  /** A person or a ticket, as they want to be named in the record. */
  readonly actor: string
  readonly reason: string
  /** RFC 3339, UTC. */
  readonly at: string
}

/** While the newest snapshot has one, exporters do not commit and nodes do not return to the control plane. SPEC section 15. */
export interface Hold extends Act {
  readonly action: 'rollback' | 'publish'
}

/** What an operator has decided, kept with the snapshot that came of it. */
export interface Approval extends Act {
  readonly action: 'rollback' | 'publish' | 'resume' | 'accept'
  /** Digest of the manifest that was the newest when it was decided. */
  readonly base?: string | undefined
  /** Root of the content that was decided on. */
  readonly candidate?: string | undefined
  /** Identity of the source that may be followed; any, when absent. */
  readonly identity?: string | undefined
}

/** A signature over a manifest or head; SPEC section 5. */
export interface Signature {
  readonly keyId: string
  /** base64url. */
  readonly signature: string
}

/** How the parts of a sealed snapshot are encrypted; SPEC section 7. */
export interface Sealing {
  /** Which outside key wraps the data key. */
  readonly keyId: string
  /** The data key, wrapped; base64url. */
  readonly wrappedKey: string
}

/** A committed snapshot: immutable, complete, and enough to verify every byte it names. SPEC section 9. */
export interface Manifest {
  readonly format: 1
  /** The least format version that a reader must know to use this snapshot. */
  readonly leastReader: number
  readonly group: string
  readonly domain: Domain
  /** Orders and fences within one store; 1, 2, 3, … */
  readonly sequence: number
  /** UUID version 7 of the commit, so its time can be read from it. */
  readonly commitId: string
  /** RFC 3339, UTC. */
  readonly createdAt: string
  readonly position: Position
  readonly source: { readonly identity: string }
  /** Digest of the manifest that this one was built on; absent on the first. */
  readonly previous?: string | undefined
  readonly fanout: number
  readonly parts: readonly PartReference[]
  /** Entries per kind. */
  readonly counts: { readonly [kind: string]: number }
  /** Hours of the last 24 in which there were more entries than there are now or were later, in the order of time. */
  readonly recentCounts?: readonly RecentCount[] | undefined
  /** Digest over the plain digests: equal roots mean equal content. */
  readonly root: string
  /** What must be there to use it. */
  readonly needs?: Needs | undefined
  readonly hold?: Hold | undefined
  readonly approvals?: readonly Approval[] | undefined
  readonly sealing?: Sealing | undefined
  readonly signatures?: readonly Signature[] | undefined
}

export interface Needs {
  /** The least position of the instance snapshot that must be loaded with it. */
  readonly instance?: Position | undefined
  /** Ids of all keyring keys that its encrypted fields were made with, sorted. */
  readonly keys?: readonly string[] | undefined
}
