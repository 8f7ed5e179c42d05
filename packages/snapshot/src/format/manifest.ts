import type { Domain } from '../entries/entry.ts'
import type { Position } from './position.ts'

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

/** A committed snapshot: immutable, complete, and enough to verify every byte it names. */
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
  /** Digest over the plain digests: equal roots mean equal content. */
  readonly root: string
  /** What must be loaded with it. */
  readonly needs?: { readonly instance?: Position | undefined } | undefined
}
