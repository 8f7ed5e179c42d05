import type { IncomingMessage } from 'node:http'

import type { Authorization } from './authorization.ts'
import { GcsAnswerError } from './gcs-answer-error.ts'
import { httpRequest, type HttpRequest } from './http-request.ts'

interface JsonApiRequest {
  readonly method: HttpRequest['method']
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: Uint8Array
  readonly signal: AbortSignal
}

export type JsonApi = (request: JsonApiRequest) => Promise<IncomingMessage>

export interface JsonApiOptions {
  readonly endpoint: string
  readonly authorization: Authorization
  readonly userProject: string | undefined
}

/**
 * One request to the JSON API (cloud.google.com/storage/docs/json_api). Resolves for 2xx only; rejects with
 * a `GcsAnswerError` for any other answer. A refused token is replaced once, so that a revoked one, or a clock that was
 * set, fails no call.
 *
 * Google's SDK does not send these requests: its calls cannot be aborted, a hung download never ends, and a retried 503
 * ends the process.
 */
export function jsonApi({ endpoint, authorization, userProject }: JsonApiOptions): JsonApi {
  return async ({ method, path, query = {}, body, signal }) => {
    const url = new URL(path, endpoint)
    const parameters: JsonApiRequest['query'] = { ...query, userProject }
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const content =
      body === undefined ? undefined : { 'content-type': 'application/octet-stream', 'content-length': body.byteLength }
    const send = (proof: Headers): Promise<IncomingMessage> =>
      httpRequest(url, { method, headers: { ...Object.fromEntries(proof), ...content }, body, signal })
    const proof = await authorization.headers(signal)
    let response = await send(proof)
    if (response.statusCode === 401 && authorization.forget(proof)) {
      response.destroy() // unread: it may have no end
      response = await send(await authorization.headers(signal))
    }
    const { statusCode = 0 } = response
    if (statusCode >= 200 && statusCode < 300) return response
    throw await GcsAnswerError.read(response)
  }
}
