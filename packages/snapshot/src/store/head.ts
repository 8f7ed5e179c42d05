import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { decodeSignedJson, encodeSignedJson } from '../signing/signed-json.ts'
import { writable, type DomainContext, type SignalOptions } from './domain-context.ts'
import { errorMessage } from '../error-message.ts'
import { isOperatorIdentity } from '../format/operator-identity.ts'
import { maximumHeadBytes } from '../format/limits.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { unlessTooLarge } from './unless-too-large.ts'

/** What an exporter that holds would publish, if somebody accepted it. */
export interface HeldCandidate {
  /** Root of the content. */
  readonly root: string
  /** Identity of the source that it comes from. */
  readonly identity: string
  /** Digest of the manifest that it would replace. */
  readonly base: string
  /** How it differs, in one sentence without values; cut where the head would become long. */
  readonly summary: string
}

/** What `head.json` says: SPEC section 10. Times are milliseconds since the Unix epoch. */
export interface Head {
  readonly sequence: number
  /** Digest of the manifest. */
  readonly manifest: string
  readonly checkedAt: number
  readonly matchedAt?: number | undefined
  readonly matchedRevision?: number | undefined
  readonly held?: string | undefined
  readonly candidate?: HeldCandidate | undefined
}

/** A head with the bytes that it was read from. */
export interface StoredHead {
  readonly head: Head
  readonly bytes: Uint8Array
}

/** What an exporter has found when it looked at the source. */
export interface HeadBeat {
  readonly matchedRevision?: number | undefined
  /** Why it holds, when it does. */
  readonly held?: string | undefined
  /** For a domain with a reason of its own that can be accepted. */
  readonly candidate?: HeldCandidate | undefined
}

export interface HeadFile {
  /** A conditional read; `undefined` when the head is missing or unreadable. */
  read(options?: SignalOptions): Promise<Head | undefined>
  /** The same, for whoever wants to copy it. */
  readStored(options?: SignalOptions): Promise<StoredHead | undefined>
  /** Points the head at this manifest. Skipped when that was done less than a second ago and nothing but time has changed. */
  write(newest: VerifiedManifest, beat: HeadBeat, options?: SignalOptions): Promise<void>
}

const leastIntervalMs = 1000
const maximumHeldLength = 256
/** Readers poll the head, so a summary is worth no more than this. */
const lengthyHeadBytes = 1024

const kind = 'outlast-head-1'

const time = z.iso.datetime().transform((text) => Date.parse(text))
const headSchema: z.ZodType<Head> = z.looseObject({
  sequence: z.int().min(1),
  manifest: z.string(),
  checkedAt: time,
  matchedAt: time.optional(),
  matchedRevision: z.int().min(0).optional(),
  held: z.string().optional(),
  // For people: nobody should miss the heartbeat for it.
  candidate: z
    .looseObject({ root: z.string(), identity: z.string(), base: z.string(), summary: z.string() })
    .optional()
    .catch(undefined),
})

export function headFile(context: DomainContext): HeadFile {
  const { group, domain, storage, layout, clock, logger, signer, trustedKeys } = context
  const place = z.object({ group: z.literal(group).optional(), domain: z.literal(domain).optional() })
  let known: { readonly etag: string; readonly stored: StoredHead | undefined } | undefined
  let isTooLarge = false
  let written: Head | undefined

  async function decode(bytes: Uint8Array): Promise<StoredHead | undefined> {
    try {
      if (bytes.byteLength > maximumHeadBytes) throw tooLarge()
      const value = await decodeSignedJson(bytes, kind, { trustedKeys, name: 'The head' })
      if (!place.safeParse(value).success) throw new SnapshotError('damaged', 'The head was made for another place')
      return { head: headSchema.parse(value), bytes }
    } catch (error) {
      passOver(error)
      return undefined
    }
  }

  function passOver(error: unknown): void {
    const message = errorMessage(error)
    logger.warn({ store: storage.name, group, domain, error: message }, 'the head is unreadable and is passed over')
  }

  async function readStored({ signal }: SignalOptions = {}): Promise<StoredHead | undefined> {
    const asked = { ifNoneMatch: known?.etag, maximumBytes: maximumHeadBytes, signal }
    const object = await unlessTooLarge(storage.get(layout.head, asked))
    // Unlike others it has no etag, by which the next look would know it again.
    if (object === 'too-large' && !isTooLarge) passOver(tooLarge())
    isTooLarge = object === 'too-large'
    if (object === undefined || object === 'too-large') known = undefined
    else if (object !== 'not-modified') known = { etag: object.etag, stored: await decode(object.bytes) }
    return known?.stored
  }

  return {
    read: async (options) => (await readStored(options))?.head,
    readStored,
    async write(newest, beat, { signal } = {}) {
      const now = clock.now()
      // The cut may go through a character, and half a character has no canonical form.
      const held = beat.held?.slice(0, maximumHeldLength).toWellFormed()
      const { candidate } = beat
      const { sequence } = newest.manifest
      if (written !== undefined && isOldNews(written, { manifest: newest.digest, held, candidate, checkedAt: now }))
        return
      const head: Head = {
        ...matched(newest, beat.matchedRevision, now),
        sequence,
        manifest: newest.digest,
        checkedAt: now,
        held,
        candidate,
      }
      const object = {
        ...head,
        format: 1,
        group,
        domain,
        checkedAt: new Date(now).toISOString(),
        matchedAt: head.matchedAt === undefined ? undefined : new Date(head.matchedAt).toISOString(),
      }
      const bytes = await withinBounds(candidate, async (fitting) =>
        encodeSignedJson({ ...object, candidate: fitting }, kind, { signer, trustedKeys, name: 'The head', signal }),
      )
      await writable(context).put(layout.head, bytes, { signal })
      written = head
    },
  }

  // What is known about the last match, newest knowledge first.
  function matched(newest: VerifiedManifest, revision: number | undefined, now: number): Partial<Head> {
    const { createdAt, position, source } = newest.manifest
    if (isOperatorIdentity(source.identity)) return {}
    if (revision !== undefined) return { matchedAt: now, matchedRevision: revision }
    const last = [written, known?.stored?.head].find((head) => head?.manifest === newest.digest)
    return last === undefined
      ? { matchedAt: Date.parse(createdAt), matchedRevision: position.revision }
      : { matchedAt: last.matchedAt, matchedRevision: last.matchedRevision }
  }
}

function tooLarge(): SnapshotError {
  return new SnapshotError('limit-exceeded', 'The head is larger than the format allows')
}

type Beat = Pick<Head, 'manifest' | 'held' | 'candidate' | 'checkedAt'>

/** Whether nothing but time has changed since the last one, and that by less than a second. */
function isOldNews(last: Beat, next: Beat): boolean {
  return (
    last.manifest === next.manifest &&
    last.held === next.held &&
    isDeepStrictEqual(last.candidate, next.candidate) &&
    Math.abs(next.checkedAt - last.checkedAt) < leastIntervalMs
  )
}

/** Encodes a head with as much of the candidate's summary as there is room for; without the candidate, when nobody could read it. */
async function withinBounds(
  candidate: HeldCandidate | undefined,
  encode: (candidate: HeldCandidate | undefined) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (candidate === undefined) return encode(undefined)
  const bare = await encode({ ...candidate, summary: '' })
  if (bare.byteLength > maximumHeadBytes) return encode(undefined)
  return encode({ ...candidate, summary: cutText(candidate.summary, lengthyHeadBytes - bare.byteLength) })
}

/** The beginning of a text that takes no more than so many bytes in JSON. */
function cutText(text: string, bytes: number): string {
  let cut = text.slice(0, Math.max(0, bytes)).toWellFormed()
  while (cut !== '' && Buffer.byteLength(JSON.stringify(cut)) - 2 > bytes) cut = cut.slice(0, -1).toWellFormed()
  return cut
}
