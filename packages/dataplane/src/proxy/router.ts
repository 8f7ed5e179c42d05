import type { JsonValue } from '@outlast/snapshot'

/** APISIX's names of its HTTP routers. */
export type RouterName = 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'

/** A route or service as the Admin API takes it, with its id. */
export interface RouterItem {
  readonly id: string
  readonly [field: string]: JsonValue | undefined
}

export interface RouterRequest {
  readonly method: string
  /** As in the Host header. */
  readonly host: string
  /** As on the wire, with query. */
  readonly path: string
  readonly headers?: { readonly [name: string]: string } | undefined
  readonly remoteAddr?: string | undefined
}

export interface RouterMatch {
  readonly route: RouterItem
  readonly params: { readonly [name: string]: string }
}

export interface Router {
  match(request: RouterRequest): RouterMatch | undefined
  put(route: RouterItem): void
  delete(id: string): void
}

export declare function createRouter(options: {
  readonly router?: RouterName | undefined
  readonly routes: readonly RouterItem[]
  readonly services?: readonly RouterItem[] | undefined
}): Router
