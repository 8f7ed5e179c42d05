import { errorMessage, type Clock, type JsonValue } from '@outlast/snapshot'
import { Pool, type Dispatcher } from 'undici'
import { withDeadline } from '../importer/with-deadline.ts'
import { jsonMember } from './json-member.ts'
import { systemCode } from './system-code.ts'

/** Of an Admin API behind TLS. Texts in PEM. */
export interface AdminTls {
  readonly ca?: string | undefined
  /** With `key`: the client's certificate. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly serverName?: string | undefined
  /** Default true. */
  readonly verify?: boolean | undefined
}

export interface AdminAnswer {
  readonly status: number
  /** Of JSON; `undefined` for everything else. */
  readonly body: JsonValue | undefined
}

/** The requests that API-driven standalone mode knows. They reject when no answer comes, or none that can be used. */
export interface StandaloneAdminApi {
  /** The address. */
  readonly name: string
  /** What the node was last given with `replace`; `undefined` when nothing. */
  digest(signal: AbortSignal): Promise<string | undefined>
  /** All that the node has, with its versions. */
  configuration(signal: AbortSignal): Promise<JsonValue | undefined>
  /** 202: taken; 204: it has the same digest already; 400: refused. Other answers reject. */
  replace(body: string, digest: string, signal: AbortSignal): Promise<AdminAnswer>
  /** 200: all of it is valid; 400: see `errors`. Any answer. */
  validate(body: string, signal: AbortSignal): Promise<AdminAnswer>
  close(): Promise<void>
}

const path = '/apisix/admin/configs'
/** Far more than APISIX's own memory for a configuration, which is 10 MiB by default. */
const longestAnswer = 512 * 1024 * 1024

/** Throws `TypeError` for what cannot be an endpoint or a key, without telling the key. */
export function standaloneAdminApi(options: {
  readonly endpoint: string
  readonly adminKey: string
  readonly tls: AdminTls | undefined
  readonly timeoutMs: number
  readonly clock: Clock
}): StandaloneAdminApi {
  const { adminKey, tls, timeoutMs, clock } = options
  const { origin, base } = addressOf(options.endpoint)
  if (!/^[\x21-\x7e]+$/.test(adminKey)) throw new TypeError('an admin key consists of visible ASCII characters')
  const name = origin + base
  const pool = new Pool(origin, {
    connections: 1,
    pipelining: 1,
    connect: {
      timeout: timeoutMs,
      rejectUnauthorized: tls?.verify ?? true,
      ...(tls?.ca !== undefined && { ca: tls.ca }),
      ...(tls?.cert !== undefined && { cert: tls.cert }),
      ...(tls?.key !== undefined && { key: tls.key }),
      ...(tls?.serverName !== undefined && { servername: tls.serverName }),
    },
  })

  /** Follows no redirect: the key must not travel to an address that nobody configured. */
  async function send(
    request: Pick<Dispatcher.RequestOptions, 'method' | 'path'> & {
      readonly body?: string
      readonly digest?: string
    },
    signal: AbortSignal,
  ): Promise<AdminAnswer & { readonly digest: string | undefined }> {
    const { method, body, digest } = request
    try {
      return await withDeadline(
        async (within) => {
          const response = await pool.request({
            method,
            path: base + request.path,
            headers: {
              'x-api-key': adminKey,
              ...(body !== undefined && { 'content-type': 'application/json' }),
              ...(digest !== undefined && { 'x-digest': digest }),
            },
            body: body ?? null,
            signal: within,
          })
          const held = response.headers['x-digest']
          return {
            status: response.statusCode,
            digest: typeof held === 'string' ? held : undefined,
            body: jsonOf(await textOf(response.body)),
          }
        },
        { clock, deadlineMs: timeoutMs, signal },
      )
    } catch (error) {
      signal.throwIfAborted()
      throw new Error(`${name}: ${systemCode(error) ?? errorMessage(error)}`, { cause: error })
    }
  }

  /** Throws unless the status is one of those. */
  function expect<Answer extends AdminAnswer>(answer: Answer, ...statuses: readonly number[]): Answer {
    if (statuses.includes(answer.status)) return answer
    throw new Error(`${name}: ${explanation(answer)}`)
  }

  return {
    name,
    digest: async (signal) => expect(await send({ method: 'HEAD', path }, signal), 200).digest,
    configuration: async (signal) => expect(await send({ method: 'GET', path }, signal), 200).body,
    replace: async (body, digest, signal) =>
      expect(await send({ method: 'PUT', path, body, digest }, signal), 202, 204, 400),
    validate: async (body, signal) => send({ method: 'POST', path: `${path}/validate`, body }, signal),
    close: async () => {
      await pool.destroy()
    },
  }
}

function addressOf(endpoint: string): { readonly origin: string; readonly base: string } {
  const url = URL.parse(endpoint)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new TypeError('an Admin API endpoint must be an address such as http://127.0.0.1:9180')
  if (url.username !== '' || url.password !== '')
    throw new TypeError(`the endpoint ${url.host} must not contain credentials`)
  return { origin: url.origin, base: url.pathname.replace(/\/+$/, '') }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > longestAnswer) throw new Error('its answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** Quotes nothing: answers of APISIX may hold what it was sent. */
function explanation({ status, body }: AdminAnswer): string {
  if (status === 401 || status === 403) return `refuses the admin key (${status})`
  if (status === 404 || status === 405)
    return `has no ${path} (${status}): it is not in API-driven standalone mode (role: traditional, config_provider: yaml)`
  if (status === 413) return 'takes no request of this size (413)'
  const message = jsonMember(body, 'error_msg') ?? body
  if (typeof message === 'string' && message.includes('no memory'))
    return `has no room for the configuration (${status}): enlarge its lua_shared_dict standalone-config`
  return `answers with status ${status}`
}
