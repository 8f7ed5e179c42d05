import type { Logger } from '@outlast/snapshot'
import type { ConfigSink } from '../importer/config-sink.ts'
import type { RouterName } from './router.ts'

export interface ProxyOptions {
  /** Default `radixtree_host_uri`, as in APISIX. */
  readonly router?: RouterName | undefined
  readonly logger?: Logger | undefined
}

/** An HTTP proxy whose configuration is a `ConfigSink`: hand it to `createDataPlane`. */
export interface Proxy extends ConfigSink {
  /** Resolves with the bound address. Rejects with the system's error (`EADDRINUSE`, …). */
  listen(options: {
    readonly host?: string | undefined
    readonly port: number
  }): Promise<{ readonly host: string; readonly port: number }>
  /** Stops accepting, lets exchanges in flight end (at most `graceMs`, default 10,000), then closes. */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>
}

export declare function createProxy(options?: ProxyOptions): Proxy
