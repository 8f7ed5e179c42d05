import type { ServerResponse } from 'node:http'

import { byteRange } from './byte-range.ts'
import type { FakeBucket, FakeObject } from './fake-bucket.ts'
import { allowParameters, type FakeRequest } from './fake-request.ts'
import { objectFields, objectResource } from './object-resource.ts'
import { partialResponse } from './partial-response.ts'
import { precondition, preconditionParameters } from './preconditions.ts'
import { refusals, sendJson } from './refusal.ts'

/** `storage.objects.get`: the bytes with `alt=media`, else the metadata. */
export function readObject(bucket: FakeBucket, name: string, request: FakeRequest, response: ServerResponse): void {
  const { query, headers } = request
  allowParameters(query, ...preconditionParameters, 'generation', 'projection')
  const object = bucket.get(name)
  const generation = query.get('generation')
  if (object === undefined || (generation !== null && generation !== object.generation)) {
    throw refusals.noSuchObject(bucket.name, name)
  }
  const outcome = precondition(query, object)
  if (outcome === 'failed') throw refusals.conditionNotMet()
  if (outcome === 'unmodified') {
    response.writeHead(304).end()
    return
  }
  const alt = query.get('alt') ?? 'json'
  if (alt === 'media') sendMedia(object, headers.range, response)
  else if (alt === 'json') {
    sendJson(response, 200, partialResponse(objectResource(bucket, object), query.get('fields'), objectFields))
  } else throw refusals.invalidParameter('alt', `Invalid value for "alt": ${alt}`)
}

function sendMedia(object: FakeObject, range: string | undefined, response: ServerResponse): void {
  const { bytes, generation, contentType, crc32c, md5Hash } = object
  const asked = byteRange(range, bytes.byteLength)
  if (asked === 'unsatisfiable') {
    const headers = { 'content-range': `bytes */${bytes.byteLength}`, 'content-type': 'text/html; charset=UTF-8' }
    response.writeHead(416, headers).end('The requested range cannot be satisfied.')
    return
  }
  const body = asked === undefined ? bytes : bytes.subarray(asked.first, asked.last + 1)
  response
    .writeHead(asked === undefined ? 200 : 206, {
      'content-type': contentType,
      'content-length': body.byteLength,
      ...(asked && { 'content-range': `bytes ${asked.first}-${asked.last}/${bytes.byteLength}` }),
      'x-goog-generation': generation,
      'x-goog-metageneration': '1',
      'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`,
      'x-goog-stored-content-encoding': 'identity',
      'x-goog-stored-content-length': bytes.byteLength,
    })
    .end(body)
}
