import type { IncomingHttpHeaders } from 'node:http'

import { crc32c } from './crc32c.ts'
import type { FakeBucket, FakeObject } from './fake-bucket.ts'
import { requirePrecondition } from './preconditions.ts'
import { refusals } from './refusal.ts'

export interface Upload {
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Of the object; the query's `name` is asked where it has none. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly contentType: string | undefined
  readonly bytes: Buffer
}

/** The end of every kind of upload. */
export function storeObject(bucket: FakeBucket, upload: Upload): FakeObject {
  const { query, headers, metadata, contentType = 'application/octet-stream', bytes } = upload
  const name = objectName(query, metadata)
  const sent = [metadata['crc32c'], /\bcrc32c=([^,]+)/.exec(String(headers['x-goog-hash'] ?? ''))?.[1]]
  const found = crc32c(bytes)
  if (sent.some((sum) => sum !== undefined && sum !== found)) {
    throw refusals.badRequest(`Provided CRC32C does not match calculated CRC32C "${found}".`)
  }
  // The service's documentation does not say which of the two comes first.
  if (bucket.rules.keepsEverything && bucket.get(name) !== undefined) throw refusals.forbidden('storage.objects.delete')
  requirePrecondition(query, bucket.get(name))
  const type = metadata['contentType']
  return bucket.put({ name, bytes, contentType: typeof type === 'string' ? type : contentType })
}

/** 1 to 1,024 bytes of UTF-8 without line ends. */
export function objectName(query: URLSearchParams, metadata: Readonly<Record<string, unknown>>): string {
  const name = metadata['name'] ?? query.get('name')
  if (typeof name !== 'string' || name === '') throw refusals.requiredParameter('name')
  if (Buffer.byteLength(name) > 1024 || /[\r\n]/.test(name) || name === '.' || name === '..') {
    throw refusals.invalidParameter('name', `Invalid object name: ${JSON.stringify(name)}`)
  }
  return name
}
