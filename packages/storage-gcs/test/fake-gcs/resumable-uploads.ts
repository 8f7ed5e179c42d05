import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'

import { parseContentRange } from './content-range.ts'
import type { FakeBucket, FakeObject } from './fake-bucket.ts'
import type { FakeRequest } from './fake-request.ts'
import { parseMetadata } from './multipart-related.ts'
import { objectResource } from './object-resource.ts'
import { requirePrecondition } from './preconditions.ts'
import { Refusal, refusals, sendJson } from './refusal.ts'
import { objectName, storeObject } from './store-object.ts'

const chunkUnit = 256 * 1024

interface Session {
  readonly query: URLSearchParams
  readonly metadata: Readonly<Record<string, unknown>>
  readonly contentType: string | undefined
  received: Buffer
  stored: FakeObject | undefined
}

/**
 * Upload sessions of one bucket: cloud.google.com/storage/docs/performing-resumable-uploads. A chunk that breaks off is
 * lost as a whole.
 */
export interface ResumableUploads {
  /** Answers with the session's URI in `Location`. */
  start(request: FakeRequest, response: ServerResponse): void
  /** A chunk, or the question how much has arrived: 308 until the object is stored, and 200 from then on. */
  continue(request: FakeRequest, response: ServerResponse): void
}

export function resumableUploads(bucket: FakeBucket): ResumableUploads {
  const sessions = new Map<string, Session>()

  return {
    start({ query, headers, body, path, origin }, response) {
      const type = headers['content-type']
      if (body.byteLength > 0 && !/^application\/json\b/.test(type ?? '')) {
        throw refusals.badRequest(`Bad content type: ${type}. The body of the first request is JSON metadata.`)
      }
      const metadata = body.byteLength === 0 ? {} : parseMetadata(body)
      const name = objectName(query, metadata)
      requirePrecondition(query, bucket.get(name))
      const id = randomUUID()
      const contentType = headers['x-upload-content-type']
      sessions.set(id, {
        query,
        metadata,
        contentType: typeof contentType === 'string' ? contentType : undefined,
        received: Buffer.alloc(0),
        stored: undefined,
      })
      const uri = new URL(path, origin)
      for (const [parameter, value] of [...query, ['upload_id', id]]) uri.searchParams.set(parameter ?? '', value ?? '')
      response.writeHead(200, { location: uri.href, 'x-guploader-uploadid': id, 'content-length': 0 }).end()
    },

    continue({ query, headers, body }, response) {
      const session = sessions.get(query.get('upload_id') ?? '')
      if (session === undefined) throw new Refusal(404, 'notFound', 'No such upload session.')
      if (session.stored === undefined && takeChunk(session, headers['content-range'], body)) {
        const { metadata, contentType, received } = session
        session.stored = storeObject(bucket, {
          query: session.query,
          headers,
          metadata,
          contentType,
          bytes: received,
        })
      }
      if (session.stored !== undefined) sendJson(response, 200, objectResource(bucket, session.stored))
      else {
        const { byteLength } = session.received
        const range = byteLength > 0 && { range: `bytes=0-${byteLength - 1}` }
        response.writeHead(308, 'Resume Incomplete', { ...range, 'content-length': 0 }).end()
      }
    },
  }
}

/** True once the object is complete. */
function takeChunk(session: Session, header: string | undefined, body: Buffer): boolean {
  const range = parseContentRange(header)
  const before = session.received.byteLength
  if (range.kind === 'status') {
    if (body.byteLength > 0) throw refusals.badRequest('A status query has no body.')
    return range.total === before
  }
  const { first, last = first + body.byteLength - 1, total } = range
  if (last - first + 1 !== body.byteLength)
    throw refusals.badRequest('The body has not the length of its Content-Range.')
  if (first > before) {
    throw refusals.badRequest(
      `Invalid request.  According to the Content-Range header, the upload offset is ${first} byte(s), ` +
        `which exceeds already uploaded size of ${before} byte(s).`,
    )
  }
  const complete = range.last === undefined || last + 1 === total
  if (total !== undefined && (complete ? last + 1 !== total : last + 1 > total)) {
    throw refusals.badRequest('The Content-Range contradicts its total.')
  }
  if (!complete && body.byteLength % chunkUnit !== 0) {
    throw refusals.badRequest(`Invalid request.  The number of bytes uploaded must be a multiple of ${chunkUnit}.`)
  }
  session.received = Buffer.concat([session.received.subarray(0, first), body])
  return complete
}
