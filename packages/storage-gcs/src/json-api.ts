import type { Authorization } from './authorization.ts'
import { GcsAnswerError } from './gcs-answer-error.ts'

interface JsonApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: Uint8Array<ArrayBuffer>
  readonly signal: AbortSignal
}

export type JsonApi = (request: JsonApiRequest) => Promise<Response>

/**
 * One request to the JSON API (cloud.google.com/storage/docs/json_api). Resolves for 2xx only; rejects with
 * a `GcsAnswerError` for any other answer.
 *
 * Google's SDK provides the credentials, but not the requests: its calls cannot be aborted, and a hung
 * download never ends.
 */
export function jsonApi(endpoint: string, authorization: Authorization): JsonApi {
  return async ({ method, path, query = {}, body, signal }) => {
    const url = new URL(path, endpoint)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const headers = await authorization.headers()
    // Compressed on the way, a body would have another length than the stored one.
    headers.set('accept-encoding', 'identity')
    if (body !== undefined) headers.set('content-type', 'application/octet-stream')
    const response = await fetch(url, { method, headers, signal, redirect: 'manual', ...(body && { body }) })
    if (response.ok) return response
    if (response.status === 401) authorization.forget()
    throw await GcsAnswerError.read(response)
  }
}
