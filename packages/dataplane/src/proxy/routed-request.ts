import { fieldRecord } from './http1/field-block.ts'
import type { RequestHead } from './http1/request-head.ts'
import type { RouterRequest } from './router.ts'

/** A request's head as the router looks at it. Its fields are taken apart only if a route asks for one. */
export class RoutedRequest implements RouterRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly remoteAddr: string
  readonly #head: RequestHead
  #headers: RouterRequest['headers']

  constructor(head: RequestHead, remoteAddr: string) {
    this.#head = head
    this.method = head.method
    this.host = head.host
    this.path = head.path
    this.remoteAddr = remoteAddr
  }

  get headers(): RouterRequest['headers'] {
    this.#headers ??= fieldRecord(this.#head.fields)
    return this.#headers
  }
}
