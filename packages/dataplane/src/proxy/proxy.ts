import { silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import type { ConfigSink } from '../importer/config-sink.ts'
import { activeConfiguration } from './active-configuration.ts'
import { addressMatcher } from './address-matcher.ts'
import type { ClientSide, RequestSink } from './client-side.ts'
import { connectionPools } from './connection-pools.ts'
import { dateField } from './date-field.ts'
import { Deadlines } from './deadlines.ts'
import { Exchange } from './exchange.ts'
import { front, type Front } from './front.ts'
import { defaultClientTimeouts } from './http1/client-timeouts.ts'
import type { RequestHead } from './http1/request-head.ts'
import { normalizePath } from './normalize-path.ts'
import { reply } from './reply.ts'
import { RoutedRequest } from './routed-request.ts'
import type { RouterName } from './router.ts'
import { validateForProxy } from './validate-for-proxy.ts'

export interface ProxyOptions {
  /** Default `radixtree_host_uri`, as in APISIX. */
  readonly router?: RouterName | undefined
  /** Addresses and CIDR blocks of proxies whose X-Forwarded-* fields are believed. Default none, as in APISIX. */
  readonly trustedAddresses?: readonly string[] | undefined
  /** How long a client may pause in the middle of a request body, or not read its answer. Default 60,000 ms. */
  readonly clientTimeoutMs?: number | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

/**
 * An HTTP proxy whose configuration is a `ConfigSink`: hand it to `createDataPlane`.
 *
 * Plugins are not part of it yet: a route with one that could change an answer (its own, or its plugin_config's,
 * service's or a global rule's) is refused with 503 rather than served without it. Plugins that only observe (loggers,
 * metrics, tracers) are left out.
 */
export interface Proxy extends ConfigSink {
  /** Resolves with the bound address. Rejects with the system's error (`EADDRINUSE`, …). May be called for several addresses. */
  listen(options: {
    readonly host?: string | undefined
    readonly port: number
  }): Promise<{ readonly host: string; readonly port: number }>
  /** Stops accepting, lets exchanges in flight end (at most `graceMs`, default 10,000), then closes. */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>
}

/** Throws a `TypeError` for trusted addresses that are none. */
export function createProxy(options: ProxyOptions = {}): Proxy {
  const {
    logger = silentLogger,
    clock = systemClock,
    router = 'radixtree_host_uri',
    clientTimeoutMs = defaultClientTimeouts.clientMs,
  } = options
  const onUnexpected = (error: unknown) =>
    logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'an exchange failed')
  const deadlines = new Deadlines()
  const pools = connectionPools({ deadlines, onUnexpected })
  const configuration = activeConfiguration({ router, pools })
  const context = { pools, clock, trusts: addressMatcher(options.trustedAddresses ?? []) }
  const fronts = new Set<Front>()

  function onRequest(client: ClientSide, request: RequestHead): RequestSink | undefined {
    const path = normalizePath(request.path)
    if (path === undefined) {
      client.endAfterAnswer()
      reply(client, request, 400, 'Bad Request')
      return undefined
    }
    const resolution = configuration.resolve(new RoutedRequest(request, client.remoteAddress), path)
    if (resolution.status === 'proxy') return new Exchange(client, request, resolution, context)
    reply(client, request, resolution.code, resolution.message)
    return undefined
  }

  return {
    validate: (entry) => validateForProxy(entry, { router }),
    async apply(change) {
      const { blockingPlugins } = await configuration.apply(change)
      if (blockingPlugins.size > 0) {
        logger.warn(
          { plugins: [...blockingPlugins].sort() },
          'these plugins are not supported: routes that use them are refused with 503',
        )
      }
    },
    async listen(address) {
      const added = front({
        timeouts: { ...defaultClientTimeouts, clientMs: clientTimeoutMs },
        dateField: dateField(clock),
        deadlines,
        onRequest,
        onUnexpected,
        onError: (error) => logger.error({ error: error.message }, 'a listener failed'),
      })
      const bound = await added.listen(address)
      fronts.add(added)
      return bound
    },
    async close({ graceMs = 10_000 } = {}) {
      await Promise.all([...fronts].map((each) => each.close(graceMs)))
      fronts.clear()
      pools.close()
    },
  }
}
