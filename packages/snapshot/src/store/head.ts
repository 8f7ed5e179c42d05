import { z } from 'zod'
import { decodeSignedJson, encodeSignedJson } from '../signing/signed-json.ts'
import { writable, type DomainContext, type SignalOptions } from './domain-context.ts'
import { errorMessage } from '../error-message.ts'
import { isOperatorIdentity } from '../format/operator-identity.ts'
import { maximumHeadBytes } from '../format/limits.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** What `head.json` says: SPEC section 10. Times are milliseconds since the Unix epoch. */
export interface Head {
  readonly sequence: number
  /** Digest of the manifest. */
  readonly manifest: string
  readonly checkedAt: number
  readonly matchedAt?: number | undefined
  readonly matchedRevision?: number | undefined
  readonly held?: string | undefined
}

export interface HeadFile {
  /** A conditional read; `undefined` when the head is missing or unreadable. */
  read(options?: SignalOptions): Promise<Head | undefined>
  /** Points the head at this manifest. Skipped when that was done less than a second ago and nothing but time has changed. */
  write(
    newest: VerifiedManifest,
    beat: { readonly matchedRevision?: number | undefined; readonly held?: string | undefined },
    options?: SignalOptions,
  ): Promise<void>
}

const leastIntervalMs = 1000
const maximumHeldLength = 256

const kind = 'outlast-head-1'

const time = z.iso.datetime().transform((text) => Date.parse(text))
const headSchema: z.ZodType<Head> = z.looseObject({
  sequence: z.int().min(1),
  manifest: z.string(),
  checkedAt: time,
  matchedAt: time.optional(),
  matchedRevision: z.int().min(0).optional(),
  held: z.string().optional(),
})

export function headFile(context: DomainContext): HeadFile {
  const { group, domain, storage, layout, clock, logger, signer, trustedKeys } = context
  const place = z.object({ group: z.literal(group).optional(), domain: z.literal(domain).optional() })
  let known: { readonly etag: string; readonly head: Head | undefined } | undefined
  let written: Head | undefined

  async function decode(bytes: Uint8Array): Promise<Head | undefined> {
    try {
      if (bytes.byteLength > maximumHeadBytes) throw new SnapshotError('limit-exceeded', 'The head is too large')
      const value = await decodeSignedJson(bytes, kind, { trustedKeys, name: 'The head' })
      if (!place.safeParse(value).success) throw new SnapshotError('damaged', 'The head was made for another place')
      return headSchema.parse(value)
    } catch (error) {
      const message = errorMessage(error)
      logger.warn({ store: storage.name, group, domain, error: message }, 'the head is unreadable and is passed over')
      return undefined
    }
  }

  return {
    async read({ signal } = {}) {
      const object = await storage.get(layout.head, { ifNoneMatch: known?.etag, signal })
      if (object !== 'not-modified') known = object && { etag: object.etag, head: await decode(object.bytes) }
      return known?.head
    },
    async write(newest, beat, { signal } = {}) {
      const now = clock.now()
      // The cut may go through a character, and half a character has no canonical form.
      const held = beat.held?.slice(0, maximumHeldLength).toWellFormed()
      const { sequence } = newest.manifest
      const last = written
      if (last?.manifest === newest.digest && last.held === held && Math.abs(now - last.checkedAt) < leastIntervalMs)
        return
      const head: Head = {
        ...matched(newest, beat.matchedRevision, now),
        sequence,
        manifest: newest.digest,
        checkedAt: now,
        held,
      }
      const object = {
        ...head,
        format: 1,
        group,
        domain,
        checkedAt: new Date(now).toISOString(),
        matchedAt: head.matchedAt === undefined ? undefined : new Date(head.matchedAt).toISOString(),
      }
      const bytes = await encodeSignedJson(object, kind, { signer, trustedKeys, name: 'The head', signal })
      await writable(context).put(layout.head, bytes, { signal })
      written = head
    },
  }

  // What is known about the last match, newest knowledge first.
  function matched(newest: VerifiedManifest, revision: number | undefined, now: number): Partial<Head> {
    const { createdAt, position, source } = newest.manifest
    if (isOperatorIdentity(source.identity)) return {}
    if (revision !== undefined) return { matchedAt: now, matchedRevision: revision }
    const last = [written, known?.head].find((head) => head?.manifest === newest.digest)
    return last === undefined
      ? { matchedAt: Date.parse(createdAt), matchedRevision: position.revision }
      : { matchedAt: last.matchedAt, matchedRevision: last.matchedRevision }
  }
}
