import { setTimeout as sleep } from 'node:timers/promises'
import { backOffMs, type JsonValue } from '@outlast/snapshot'
import { systemCode } from '../../error-text.ts'
import { UserError } from '../../user-error.ts'

export interface AdminAnswer {
  readonly status: number
  /** `undefined` when it is no JSON. */
  readonly body: JsonValue | undefined
}

export type AdminRequest = (
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  options: { readonly body?: JsonValue | undefined; readonly signal: AbortSignal },
) => Promise<AdminAnswer>

const attempts = 4
const timeoutMs = 30_000

/**
 * Requests to the Admin API at `base`. What may pass by itself is tried again: all our requests can be repeated. Rejects
 * with `UserError` when the API cannot be reached or does not accept the key.
 */
export function adminRequest(options: {
  /** With the path, without a slash at its end: `http://127.0.0.1:9180/apisix/admin`. */
  readonly base: string
  readonly key: string
  readonly query: string
}): AdminRequest {
  const { base, key, query } = options

  async function once(...[method, path, { body, signal }]: Parameters<AdminRequest>): Promise<AdminAnswer> {
    const response = await fetch(`${base}/${path}${query}`, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // The key must not travel to an address that nobody has given.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    return { status: response.status, body: parsed(await response.text()) }
  }

  return async (method, path, { body, signal }) => {
    for (let failures = 1; ; failures += 1) {
      const trouble = await once(method, path, { body, signal }).then(
        (answer) => (answer.status === 429 || answer.status >= 500 ? `answers ${answer.status}` : answer),
        (error: unknown) => {
          signal.throwIfAborted()
          return `cannot be reached (${reasonOf(error)})`
        },
      )
      if (typeof trouble === 'object') {
        const { status } = trouble
        if (status !== 401 && status !== 403) return trouble
        throw new UserError(`--to: ${base} does not accept the key of OUTLAST_ADMIN_KEY (${status})`)
      }
      if (failures === attempts) throw new UserError(`--to: ${base} ${trouble}`)
      await sleep(backOffMs({ failures, firstMs: 200, limitMs: 2_000, random: Math.random }), undefined, { signal })
    }
  }
}

function parsed(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  return systemCode(error.cause) || (error.name === 'TimeoutError' ? 'no answer' : error.message)
}
