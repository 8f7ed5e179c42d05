import type { JsonApi } from './json-api.ts'
import { readJson } from './read-answer.ts'
import { unexpectedAnswer } from './unexpected-answer.ts'

export interface ListKeysOptions {
  readonly api: JsonApi
  /** `/storage/v1/b/BUCKET/o` */
  readonly path: string
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number | undefined
  readonly signal: AbortSignal
}

const largestPage = 1000

/** The keys page by page, in the order that the service gives: by UTF-8 bytes. */
export async function* listKeys(options: ListKeysOptions): AsyncGenerator<string, void, undefined> {
  const { api, path, prefix, after, limit = Infinity, signal } = options
  let token: string | undefined
  do {
    const query = {
      prefix,
      // Includes a key that equals `after`; the caller leaves it out.
      startOffset: after,
      maxResults: Math.min(limit + 1, largestPage),
      pageToken: token,
      fields: 'kind,items/name,nextPageToken',
    }
    const page = await readJson(await api({ method: 'GET', path, query, signal }), 'storage#objects')
    yield* namesOf(page)
    const next = page['nextPageToken']
    if (next !== undefined && (typeof next !== 'string' || next === token)) {
      throw unexpectedAnswer('an incomplete listing says where it continues')
    }
    token = next
  } while (token !== undefined)
}

/** The keys of one page. */
export function* namesOf(page: Record<string, unknown>): Generator<string, void, undefined> {
  const items: unknown = page['items'] ?? []
  if (!Array.isArray(items)) throw unexpectedAnswer('a listing has items')
  for (const item of items) {
    const key: unknown = item?.name
    if (typeof key !== 'string') throw unexpectedAnswer('a listed object has a name')
    yield key
  }
}
