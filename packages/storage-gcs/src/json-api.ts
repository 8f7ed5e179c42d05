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
    const attempt = async (): Promise<IncomingMessage> => {
      const headers = Object.fromEntries(await authorization.headers(signal))
      const content =
        body === undefined
          ? undefined
          : { 'content-type': 'application/octet-stream', 'content-length': body.byteLength }
      return httpRequest(url, { method, headers: { ...headers, ...content }, body, signal })
    }
    let response = await attempt()
    if (response.statusCode === 401 && authorization.forget()) {
      response.resume()
      response = await attempt()
    }
    const { statusCode = 0 } = response
    if (statusCode >= 200 && statusCode < 300) return response
    throw await GcsAnswerError.read(response)
  }
}
