import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'

import { systemClock, type Clock, type Logger } from '@outlast/snapshot'
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify'

import { heartbeatPath } from '../../heartbeat.ts'
import { clientSignal } from '../client-signal.ts'
import { dataPlaneRegistry, type DataPlaneRegistry } from '../data-planes/data-plane-registry.ts'
import { endConnections } from '../end-connections.ts'
import { logRequests } from '../log-requests.ts'
import type { ConfigStore } from '../store/config-store.ts'
import { headerJson } from './answer-json.ts'
import { clientCertificate } from './client-certificate.ts'
import { EtcdError, etcdErrorOf, sendEtcdError } from './etcd-error.ts'
import { fullReadPace, type FullReadPace } from './full-read-pace.ts'
import { groupAccess, type DataPlaneToken, type GroupAccess } from './group-access.ts'
import { range } from './range.ts'
import { heartbeatLimitBytes, takeHeartbeat } from './take-heartbeat.ts'
import { watch } from './watch.ts'

export interface EtcdApiOptions {
  readonly store: ConfigStore
  readonly tokens: readonly DataPlaneToken[]
  readonly logger: Logger
  readonly clock?: Clock | undefined
  /** Where heartbeats are noted. Default: one of its own. */
  readonly dataPlanes?: DataPlaneRegistry | undefined
  /** How fast whole configurations are read. Default: `fullReadPace` of its own. */
  readonly pace?: FullReadPace | undefined
  /** PEM contents. With it the server speaks TLS; with `ca` it takes only clients whose certificate `ca` signed. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string | undefined } | undefined
  /** How often a watch that asked for it is told how far it is. Default 10,000 ms. */
  readonly progressIntervalMs?: number | undefined
  /** A watch whose connection takes nothing for so long is cut. Default 30,000 ms. */
  readonly stalledAfterMs?: number | undefined
}

/** The etcd API that this one is a subset of. */
const apiVersion = '3.4.0'

/**
 * The etcd v3 JSON API as far as data planes need it, read-only: range, watch, status, version; and heartbeats. Each token,
 * and each client certificate that names a gateway group, reads that group and nothing else. The caller listens; errors of
 * `listen` come through as they are.
 */
export function createEtcdApi(options: EtcdApiOptions): FastifyInstance {
  const { store, tokens, logger, tls, clock = systemClock } = options
  const { progressIntervalMs = 10_000, stalledAfterMs = 30_000 } = options
  const { dataPlanes = dataPlaneRegistry({ clock }), pace = fullReadPace({ clock }) } = options
  const access = groupAccess({ tokens, store, clock })
  const closing = new AbortController()

  const app = fastify({
    bodyLimit: 64 * 1024,
    exposeHeadRoutes: false,
    serverFactory: (handler) => {
      const server = tls === undefined ? createHttpServer(handler) : createHttpsServer(tlsOptions(tls), handler)
      // Longer than clients keep idle connections, so that none is closed under a request.
      server.keepAliveTimeout = 72_000
      return server
    },
  })
  endConnections(app)
  logRequests(app, logger)
  // Watches last for ever; without this a close would wait for them.
  app.addHook('preClose', (done) => {
    closing.abort()
    done()
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: unknown, body: string) => parseJson(body))
  app.setErrorHandler(async (error, request, reply) => {
    await sendEtcdError(reply, describe(error, { logger, requestId: request.id }))
  })
  app.setNotFoundHandler(async (_request, reply) => {
    await reply.code(404).type('text/plain; charset=utf-8').send('Not Found\n')
  })

  app.get('/version', async () => ({ etcdserver: apiVersion, etcdcluster: apiVersion }))

  app.register(async (authorized) => {
    const accesses = new WeakMap<object, GroupAccess>()
    // Before the body is read: strangers cost nothing.
    authorized.addHook('onRequest', async (request) => {
      const { headers, ip: remoteAddress, raw } = request
      const certificate = clientCertificate(raw.socket)
      accesses.set(request, await access({ authorization: headers.authorization, certificate, remoteAddress }))
    })
    const accessOf = (request: object): GroupAccess => {
      const found = accesses.get(request)
      if (found === undefined) {
        throw new EtcdError('unauthenticated', 'etcdserver: invalid auth token')
      }
      return found
    }

    authorized.post('/v3/kv/range', async (request, reply) =>
      range({ store, access: accessOf(request), body: request.body, pace, signal: clientSignal(reply) }),
    )
    authorized.post('/v3/watch', async (request, reply) => {
      await watch({
        store,
        access: accessOf(request),
        body: request.body,
        reply,
        signal: closing.signal,
        logger,
        clock,
        progressIntervalMs,
        stalledAfterMs,
      })
    })
    authorized.post('/v3/maintenance/status', async (_request, reply) => status(store, clientSignal(reply)))
    authorized.post(heartbeatPath, { bodyLimit: heartbeatLimitBytes }, async (request, reply) => {
      takeHeartbeat(dataPlanes, { group: accessOf(request).group, address: request.ip, body: request.body })
      await reply.code(204).send()
    })
    for (const path of ['/v3/kv/put', '/v3/kv/deleterange', '/v3/kv/txn', '/v3/kv/compaction', '/v3/lease/*']) {
      authorized.post(path, async (_request, reply: FastifyReply) => {
        await sendEtcdError(reply, new EtcdError('permissionDenied', 'etcdserver: permission denied'))
      })
    }
  })
  return app
}

function tlsOptions({ cert, key, ca }: NonNullable<EtcdApiOptions['tls']>): ServerOptions {
  const clients = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  return { cert, key, minVersion: 'TLSv1.2', ...clients }
}

async function status(store: ConfigStore, signal: AbortSignal): Promise<object> {
  const identity = await store.identity({ signal })
  const revision = await store.revision({ signal })
  return {
    header: headerJson(identity, revision),
    version: apiVersion,
    leader: identity.memberId,
    raftIndex: String(revision),
    raftTerm: identity.term,
    raftAppliedIndex: String(revision),
  }
}

function parseJson(body: string): unknown {
  if (body === '') {
    return undefined
  }
  try {
    return JSON.parse(body)
  } catch {
    throw new EtcdError('invalidArgument', 'the request is not valid JSON')
  }
}

function describe(error: unknown, { logger, requestId }: { logger: Logger; requestId: string }): EtcdError {
  const known = etcdErrorOf(error)
  if (known !== undefined) {
    return known
  }
  const statusCode = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  const message = error instanceof Error ? error.message : String(error)
  if (statusCode >= 400 && statusCode < 500) {
    return new EtcdError('invalidArgument', message)
  }
  logger.error({ requestId, error: message }, 'request failed unexpectedly')
  return new EtcdError('internal', 'internal error')
}
