import type { ServerResponse, IncomingMessage } from 'node:http'
import { silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import type { ConfigSink } from '../importer/config-sink.ts'
import { activeConfiguration, type Resolution } from './active-configuration.ts'
import { addressMatcher, plainAddress } from './address-matcher.ts'
import { connectionPools } from './connection-pools.ts'
import { exchange } from './exchange.ts'
import { front, type Front } from './front.ts'
import { drainRequest, reply } from './reply.ts'
import { forwardedHead } from './request-headers.ts'
import { requestTarget, type RequestTarget } from './request-target.ts'
import { responseHeaders } from './response-headers.ts'
import type { RouterName } from './router.ts'
import { validateForProxy } from './validate-for-proxy.ts'
import { openTunnel } from './websocket-tunnel.ts'

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
    clientTimeoutMs = 60_000,
  } = options
  const trusts = addressMatcher(options.trustedAddresses ?? [])
  const pools = connectionPools()
  const configuration = activeConfiguration({ router, pools })
  const fronts = new Set<Front>()

  function resolve(request: IncomingMessage, target: RequestTarget & { status: 'valid' }): Resolution {
    return configuration.resolve({
      method: request.method ?? '',
      host: target.host,
      path: target.path,
      headers: request.headers,
      remoteAddr: plainAddress(request.socket.remoteAddress ?? ''),
    })
  }

  function handle(request: IncomingMessage, response: ServerResponse, websocketHead?: Buffer): void {
    // A client that goes away is noticed by its socket; what is then written has nowhere to go.
    response.on('error', () => undefined)
    const target = requestTarget(request)
    if (target.status === 'refused') {
      response.shouldKeepAlive = false
      reply(response, target.code, target.message)
      return
    }
    const resolution = resolve(request, target)
    if (resolution.status === 'answer') {
      reply(response, resolution.code, resolution.message)
      drainRequest(request)
      return
    }
    const { upstream, timeouts } = resolution
    void exchange({
      request,
      response,
      path: target.path,
      head: forwardedHead(request, { host: target.host, trusts }),
      upstream,
      timeouts,
      clientMs: clientTimeoutMs,
      pools,
      clock,
      logger,
      onWebsocket:
        websocketHead &&
        ((stream, controller) => {
          response.detachSocket(request.socket)
          openTunnel({
            client: request.socket,
            clientHead: websocketHead,
            upstream: stream,
            headers: responseHeaders(controller.rawHeaders, 101),
            idleMs: timeouts.readMs,
          })
        }),
    })
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
        onRequest: handle,
        onWebsocket: handle,
        allowsWebsocket(request) {
          const target = requestTarget(request)
          if (target.status === 'refused') return false
          const resolution = resolve(request, target)
          return resolution.status === 'proxy' && resolution.websocket
        },
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
