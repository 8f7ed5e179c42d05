import type { ServerResponse } from 'node:http'

import { byBytes, type FakeBucket } from './fake-bucket.ts'
import { allowParameters, type FakeRequest } from './fake-request.ts'
import { objectFields, objectResource } from './object-resource.ts'
import { partialResponse } from './partial-response.ts'
import { refusals, sendJson } from './refusal.ts'

const largestPage = 1000
const fields = ['kind', 'nextPageToken', 'items', ...objectFields.map((field) => `items/${field}`)]

/** `storage.objects.list`, in the order of UTF-8 bytes. No `items` at all where there are none. */
export function listObjects(bucket: FakeBucket, { query }: FakeRequest, response: ServerResponse): void {
  allowParameters(query, 'prefix', 'startOffset', 'endOffset', 'maxResults', 'pageToken', 'projection')
  const names = namesAfter(bucket, query)
  const size = pageSize(query)
  const page = names.slice(0, size)
  const last = page.at(-1)
  const items = page.flatMap((name) => {
    const object = bucket.get(name)
    return object === undefined ? [] : [objectResource(bucket, object)]
  })
  const listing = {
    kind: 'storage#objects',
    ...(items.length > 0 && { items }),
    ...(names.length > size && last !== undefined && { nextPageToken: pageToken(last) }),
  }
  sendJson(response, 200, partialResponse(listing, query.get('fields'), fields))
}

function namesAfter(bucket: FakeBucket, query: URLSearchParams): readonly string[] {
  const [prefix, from, to] = [query.get('prefix') ?? '', query.get('startOffset') ?? '', query.get('endOffset')]
  const token = query.get('pageToken')
  const after = token === null ? undefined : nameOfToken(token)
  return bucket
    .names()
    .filter(
      (name) =>
        name.startsWith(prefix) &&
        byBytes(name, from) >= 0 &&
        (to === null || byBytes(name, to) < 0) &&
        (after === undefined || byBytes(name, after) > 0),
    )
}

function pageSize(query: URLSearchParams): number {
  const text = query.get('maxResults') ?? String(largestPage)
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw refusals.invalidParameter('maxResults', `Invalid unsigned int value: '${text}'.`)
  return Math.min(Number(text), largestPage)
}

// Opaque, as the service's: the byte 0x0A, and the last name.
const pageToken = (name: string) => Buffer.from(`\n${name}`).toString('base64')

function nameOfToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString()
  if (!text.startsWith('\n') || pageToken(text.slice(1)) !== token) {
    throw refusals.invalidParameter('pageToken', `Invalid page token: ${token}`)
  }
  return text.slice(1)
}
