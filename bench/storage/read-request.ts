import type { IncomingMessage } from 'node:http'

/** A request's path, in decoded segments, and its query. */
export function readRequest(request: IncomingMessage): {
  readonly segments: readonly string[]
  readonly query: URLSearchParams
} {
  const [path = '', query] = (request.url ?? '').split('?')
  return { segments: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) }
}
