import type { IncomingHttpHeaders } from 'node:http'

import { refusals } from './refusal.ts'

/** A request that has arrived as a whole. */
export interface FakeRequest {
  readonly method: string
  /** Still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Scheme and host, for the URIs in answers. */
  readonly origin: string
}

// Of every method of the JSON API.
const standardParameters = new Set(['alt', 'fields', 'prettyPrint', 'userProject', 'quotaUser'])

/** Refuses what this fake does not know: a parameter that is ignored proves nothing. */
export function allowParameters(query: URLSearchParams, ...names: readonly string[]): void {
  for (const name of query.keys()) {
    if (names.includes(name) || standardParameters.has(name)) continue
    throw refusals.invalidParameter(name, `Unknown name "${name}": Cannot bind query parameter.`)
  }
}
