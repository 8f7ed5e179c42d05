import type { ExporterStatus } from '@outlast/exporter'
import { systemClock, type Clock, type JsonValue, type Logger } from '@outlast/snapshot'
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'

import { clientSignal } from '../client-signal.ts'
import { endConnections } from '../end-connections.ts'
import { exporterMetrics } from '../../exporter/exporter-metrics.ts'
import { prometheusContentType, prometheusText } from '../../metrics/prometheus-text.ts'
import { isGroupName } from '../../gateway-group.ts'
import { logRequests } from '../log-requests.ts'
import type { ConfigStore } from '../store/config-store.ts'
import { StoreError } from '../store/store-error.ts'
import { AdminError } from './admin-error.ts'
import { adminKeyCheck, type AdminKey } from './admin-key.ts'
import { adminKinds } from './admin-kinds.ts'
import { parseJson } from './json-object.ts'
import { resourceApi, type ResourceMethod } from './resource-api.ts'

export interface AdminApiOptions {
  readonly store: ConfigStore
  readonly keys: readonly AdminKey[]
  readonly logger: Logger
  readonly clock?: Clock | undefined
  /** How the exporter of each gateway group is doing, for `GET /status`. */
  readonly exporterStatus?: (() => Readonly<Record<string, ExporterStatus>>) | undefined
}

/** As APISIX: 1.5 MiB. */
const maximumBodyBytes = 1.5 * 1024 * 1024

/** The APISIX release whose Admin API this one follows; clients such as ADC look for it. */
const serverHeader = 'APISIX/3.18.0'

/**
 * APISIX's Admin API for the kinds in `admin-kinds.ts`, under `/apisix/admin`, `GET /status`, and `GET /metrics` for Prometheus.
 * The caller listens; errors of `listen` come through as they are.
 */
export function createAdminApi(options: AdminApiOptions): FastifyInstance {
  const { store, logger, clock = systemClock, exporterStatus } = options
  const checkKey = adminKeyCheck(options.keys)
  const handle = resourceApi({ store, clock })
  const kinds = new Map(adminKinds.map((kind) => [kind.name, kind]))

  const app = fastify({
    bodyLimit: maximumBodyBytes,
    exposeHeadRoutes: false,
    requestTimeout: 60_000,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    // Fastify's own answer would quote the URL, which may hold a key.
    frameworkErrors: ({ statusCode = 400 }, _request, { raw }) => {
      raw.writeHead(statusCode, { 'content-type': 'application/json; charset=utf-8', server: serverHeader })
      raw.end(JSON.stringify({ error_msg: 'invalid URI' }))
    },
  })
  endConnections(app)
  logRequests(app, logger)
  app.addHook('onSend', async (_request, reply) => {
    reply.header('server', serverHeader)
  })

  // Clients send JSON under any content type, curl's default included.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: unknown, body: string) => parseBody(body))
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body } = describe(error, { logger, requestId: request.id })
    await reply.code(status).send(body)
  })
  app.setNotFoundHandler(async (_request, reply) => {
    await reply.code(404).send({ error_msg: '404 Route Not Found' })
  })

  app.get('/status', async (_request, reply) => {
    const signal = clientSignal(reply)
    const { clusterId } = await store.identity({ signal })
    return { ok: true, revision: await store.revision({ signal }), clusterId, exporters: exporterStatus?.() ?? {} }
  })

  app.get('/metrics', async (_request, reply) => {
    const text = prometheusText(exporterMetrics(exporterStatus?.() ?? {}, clock.now()))
    await reply.type(prometheusContentType).send(text)
  })

  app.head('/apisix/admin', async (_request, reply) => {
    await reply.send()
  })
  app.register(
    async (admin) => {
      // Before the body is read: strangers cost nothing.
      admin.addHook('onRequest', async (request, reply) => {
        checkKey({ method: request.method, headers: request.headers, query: queryOf(request) })
        reply.header('x-api-version', 'v3')
      })
      const methods: readonly ResourceMethod[] = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE']
      for (const method of methods) {
        for (const path of ['/:kind', '/:kind/:id', '/:kind/:id/*']) {
          admin.route<{ Params: { kind: string; id?: string; '*'?: string }; Body: JsonValue | undefined }>({
            method,
            url: path,
            handler: async (request, reply) => {
              const kind = kinds.get(request.params.kind)
              if (kind === undefined) {
                throw new AdminError(404, `Unsupported resource type: ${request.params.kind}`)
              }
              const query = queryOf(request)
              const answer = await handle(method, {
                kind,
                group: groupOf(query),
                id: request.params.id,
                subPath: request.params['*'],
                query,
                body: request.body,
                signal: clientSignal(reply),
              })
              await reply.code(answer.status).send(answer.body)
            },
          })
        }
      }
    },
    { prefix: '/apisix/admin' },
  )
  return app
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const start = request.url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : request.url.slice(start + 1))
}

function groupOf(query: URLSearchParams): string {
  const group = query.get('gateway_group_id') ?? 'default'
  if (!isGroupName(group)) {
    throw new AdminError(400, 'invalid argument gateway_group_id')
  }
  return group
}

function parseBody(text: string): JsonValue | undefined {
  if (text === '') {
    return undefined
  }
  try {
    return parseJson(text)
  } catch {
    throw new AdminError(400, 'invalid request body: it is not valid JSON')
  }
}

function describe(
  error: unknown,
  { logger, requestId }: { logger: Logger; requestId: string },
): Pick<AdminError, 'status' | 'body'> {
  if (error instanceof AdminError) {
    return error
  }
  const message = error instanceof Error ? error.message : String(error)
  if (StoreError.isInstance(error)) {
    logger.error({ requestId, code: error.code, error: message }, 'the store failed')
    return new AdminError(503, message)
  }
  const statusCode = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (statusCode === 413) {
    return new AdminError(400, `invalid request body: it is greater than the maximum size ${maximumBodyBytes} allowed`)
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new AdminError(statusCode, message)
  }
  logger.error({ requestId, error: message }, 'request failed unexpectedly')
  return new AdminError(500, 'internal error')
}
