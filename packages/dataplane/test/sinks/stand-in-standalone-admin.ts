import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { JsonValue } from '@outlast/snapshot'
import { StandInNode, type StandaloneBody } from './stand-in-node.ts'

export interface Put {
  readonly at: number
  readonly status: number
  readonly body: StandaloneBody
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly location?: string
}

/** APISIX validates up to 1.5 MiB at once, and takes any size. */
const longestValidation = 1024 * 1024 * 1.5

/** A stand-in for the Admin API of a stock APISIX in API-driven standalone mode, with what a test can do to it. */
export class StandInAdmin extends StandInNode {
  /** All `PUT`s with the right key, in their order. */
  readonly puts: Put[] = []
  /** Methods and paths of all requests. */
  readonly requests: string[] = []
  /** Called before each answer; what it gives is answered instead. */
  intercept: ((request: IncomingMessage) => 'hang' | Answer | undefined) | undefined
  port = 0
  readonly #adminKey: string
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy())
  })

  private constructor(adminKey: string) {
    super()
    this.#adminKey = adminKey
  }

  /** `port`: one that was free a moment ago; 0 for any. */
  static async start(adminKey: string, port = 0): Promise<StandInAdmin> {
    const admin = new StandInAdmin(adminKey)
    await new Promise<void>((resolve, reject) => {
      admin.#server.once('error', reject)
      admin.#server.listen(port, '127.0.0.1', resolve)
    })
    const address = admin.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
    admin.port = address.port
    return admin
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** As `PUT` from somebody else, who raises the version of this kind and of no other. */
  write(kind: string, items: readonly JsonValue[], digest: string, version = this.version(kind) + 1): void {
    const versions = Object.entries(this.told).filter(([name]) => name.endsWith('_conf_version'))
    const { status } = this.replace(digest, {
      ...Object.fromEntries(versions),
      [kind]: items,
      [`${kind}_conf_version`]: version,
    })
    if (status !== 202) throw new Error(`the stand-in refuses what the test writes (${status})`)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const body = await text(request)
    this.requests.push(`${method} ${url}`)
    const instead = this.intercept?.(request)
    if (instead === 'hang') return
    if (instead !== undefined) {
      response.writeHead(instead.status, instead.location === undefined ? {} : { location: instead.location })
      response.end(instead.body)
      return
    }
    const { status, json } = this.#handle(request, body)
    const { digest, lastModified } = this.metadata ?? {}
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(digest !== undefined && { 'x-digest': digest, 'x-last-modified': String(lastModified) }),
    })
    response.end(json === undefined || method === 'HEAD' ? undefined : JSON.stringify(json))
  }

  #handle(request: IncomingMessage, body: string): { readonly status: number; readonly json?: JsonValue } {
    const { method, url, headers } = request
    if (headers['x-api-key'] !== this.#adminKey)
      return { status: 401, json: { error_msg: 'failed to check token', description: 'wrong apikey' } }
    if (url === '/apisix/admin/configs/validate' && method === 'POST') return this.#validate(body)
    if (url !== '/apisix/admin/configs') return { status: 404, json: { error_msg: '404 Route Not Found' } }
    if (method === 'GET' || method === 'HEAD') return { status: 200, json: this.told }
    if (method !== 'PUT') return { status: 404, json: { error_msg: '404 Route Not Found' } }
    const digest = headers['x-digest']
    if (typeof digest !== 'string') return { status: 400, json: { error_msg: 'missing digest header' } }
    if (body === '') return { status: 400, json: { error_msg: 'invalid request body: empty request body' } }
    const parsed: StandaloneBody = JSON.parse(body)
    const { status, message } = this.replace(digest, parsed)
    this.puts.push({ at: Date.now(), status, body: parsed })
    return message === undefined ? { status } : { status, json: { error_msg: message } }
  }

  #validate(body: string): { readonly status: number; readonly json: JsonValue } {
    if (this.names !== 'when-validating') return { status: 404, json: { error_msg: 'Not found' } }
    if (Buffer.byteLength(body) > longestValidation)
      return { status: 400, json: { error_msg: 'invalid request body: request size is greater than the maximum' } }
    const parsed: StandaloneBody = JSON.parse(body)
    const errors = Array.from(this.faultsIn(parsed), ({ kind, item, index, reason }) => ({
      resource_type: kind,
      resource_id: item['id'] ?? item['username'] ?? '',
      index,
      error: reason,
    }))
    if (errors.length === 0) return { status: 200, json: {} }
    return { status: 400, json: { error_msg: 'Configuration validation failed', errors } }
  }
}
