import type { VariableRequest } from './request-variables.ts'
import type { RouterRequest } from './router.ts'
import { withoutPort } from './without-port.ts'

/** A request as routes look at it. What few routes ask for is made when it is asked for. */
export class MatchRequest implements VariableRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly remoteAddr: string | undefined
  readonly body: string | undefined
  readonly normalizedPath: string
  readonly #request: RouterRequest
  #hostName: string | undefined

  constructor(request: RouterRequest, normalizedPath: string) {
    this.#request = request
    this.method = request.method
    this.host = request.host
    this.path = request.path
    this.remoteAddr = request.remoteAddr
    this.body = request.body
    this.normalizedPath = normalizedPath
  }

  get headers(): RouterRequest['headers'] {
    return this.#request.headers
  }

  get hostName(): string {
    this.#hostName ??= withoutPort(this.host).toLowerCase()
    return this.#hostName
  }
}
