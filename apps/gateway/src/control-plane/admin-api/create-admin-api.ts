import { randomUUID } from 'node:crypto'

import type { ExporterStatus } from '@outlast/exporter'
import { systemClock, type Clock, type JsonValue, type Logger, type SnapshotStore } from '@outlast/snapshot'
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'
import { parse as parseYaml } from 'yaml'

import { clientSignal } from '../client-signal.ts'
import type { DataPlaneInstance } from '../data-planes/data-plane-registry.ts'
import { endConnections } from '../end-connections.ts'
import { parseJson } from '../json-object.ts'
import { logRequests } from '../log-requests.ts'
import type { ConfigStore } from '../store/config-store.ts'
import { AdminError } from './admin-error.ts'
import { adminKeyCheck, requireRole, type AdminKey } from './admin-key.ts'
import type { AdminAnswer, AdminOperation } from './admin-operation.ts'
import { adminOperations, adminBase } from './admin-operations.ts'
import { auditLog } from './audit-log.ts'
import { describeError, maximumBodyBytes } from './describe-error.ts'
import { explainUnserved } from './explain-unserved.ts'
import { unknownOutcomes } from './unknown-outcomes.ts'

export interface AdminApiOptions {
  readonly store: ConfigStore
  readonly keys: readonly AdminKey[]
  readonly logger: Logger
  readonly clock?: Clock | undefined
  /** Gateway groups that the configuration file names: these cannot be deleted. */
  readonly configuredGroups?: readonly string[] | undefined
  /** Where a gateway group is backed up to, with its replicas: what is there says which keys of its keyring are needed. */
  readonly groupBackups?: ((group: string) => readonly SnapshotStore[]) | undefined
  /** How the exporter of each gateway group is doing, for `GET /status`. */
  readonly exporterStatus?: (() => Readonly<Record<string, ExporterStatus>>) | undefined
  /** The data planes that report here. */
  readonly dataPlanes?: (() => readonly DataPlaneInstance[]) | undefined
  /** Whether every listener of the control plane takes connections, for `GET /status/ready`. */
  readonly isListening?: (() => boolean) | undefined
}

/** The APISIX release whose Admin API this one follows; clients such as ADC look for it. */
const serverHeader = 'APISIX/3.18.0'

/**
 * APISIX's Admin API under `/apisix/admin`, with gateway groups; `GET /status` and `/status/ready`, and `GET /metrics` for
 * Prometheus: all that `adminOperations` lists. The caller listens; errors of `listen` come through as they are.
 */
export function createAdminApi(options: AdminApiOptions): FastifyInstance {
  const { logger, clock = systemClock, configuredGroups = [], exporterStatus = () => ({}) } = options
  const { groupBackups = () => [], dataPlanes = () => [], isListening = () => true } = options
  const checkKey = adminKeyCheck(options.keys)
  const audit = auditLog(logger)
  const { store, keysOf } = unknownOutcomes(options.store)
  const requesters = new WeakMap<object, AdminKey>()
  const operations = adminOperations({
    store,
    clock,
    configuredGroups,
    groupBackups,
    exporterStatus,
    dataPlanes,
    isListening,
  })

  const app = fastify({
    bodyLimit: maximumBodyBytes,
    exposeHeadRoutes: false,
    requestTimeout: 60_000,
    genReqId: () => randomUUID(),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    // Fastify's own answer would quote the URL, which may hold a key.
    frameworkErrors: ({ statusCode = 400 }, _request, { raw }) => {
      raw.writeHead(statusCode, { 'content-type': 'application/json; charset=utf-8', server: serverHeader })
      raw.end(JSON.stringify({ error_msg: 'invalid URI' }))
    },
  })
  endConnections(app)
  logRequests(app, logger)
  app.addHook('onSend', async (request, reply) => {
    reply.headers({ server: serverHeader, 'x-request-id': request.id })
  })

  // Clients send JSON under any content type, curl's default included.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: unknown, body: string) => parseBody(body))
  app.addContentTypeParser('application/yaml', { parseAs: 'string' }, async (_request: unknown, body: string) =>
    parseYamlBody(body),
  )
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body, headers } = describeError(error, { logger, requestId: request.id })
    await reply.code(status).headers(headers).send(body)
  })
  app.setNotFoundHandler(async (_request, reply) => {
    await reply.code(404).send({ error_msg: '404 Route Not Found' })
  })

  /** Before the body is read: strangers cost nothing. */
  const authorize = async (request: FastifyRequest, access: 'viewer' | 'admin'): Promise<void> => {
    const { headers, ip: remoteAddress } = request
    const key = await checkKey({ headers, query: queryOf(request), remoteAddress })
    requireRole(key, access)
    requesters.set(request, key)
  }

  const addRoute = (scope: FastifyInstance, operation: AdminOperation): void => {
    const { method, path, operationId, access, handle } = operation
    scope.route<{ Params: Record<string, string>; Body: JsonValue | undefined }>({
      method,
      url: path.replace('{sub_path}', '*').replaceAll(/\{(\w+)\}/g, ':$1'),
      ...(access !== 'anyone' && { onRequest: async (request) => authorize(request, access) }),
      handler: async (request, reply) => {
        const key = requesters.get(request)
        const requester = key && { name: key.name, remoteAddress: request.ip, requestId: request.id }
        let answer: AdminAnswer
        try {
          answer = await handle({
            parameters: { ...request.params, ...(request.params['*'] && { sub_path: request.params['*'] }) },
            query: queryOf(request),
            body: request.body,
            signal: clientSignal(reply),
          })
        } catch (error) {
          const keys = keysOf(error)
          if (keys !== undefined && requester !== undefined) {
            audit.unknown({ operation: operationId, keys }, requester)
          }
          throw error
        }
        if (answer.change !== undefined && requester !== undefined) {
          audit.changed(answer.change, requester)
        }
        if (path.startsWith(adminBase)) {
          reply.header('x-api-version', 'v3')
        }
        if (answer.contentType !== undefined) {
          reply.type(answer.contentType)
        }
        await reply.code(answer.status).send(answer.body)
      },
    })
  }

  app.register(async (scope) => {
    for (const operation of operations) {
      addRoute(scope, operation)
    }
  })
  app.register(
    async (scope) => {
      // Whoever has no key learns nothing about what there is.
      scope.addHook('onRequest', async (request) => authorize(request, request.method === 'GET' ? 'viewer' : 'admin'))
      scope.setNotFoundHandler(async (request) => {
        throw explainUnserved(request.method, pathOf(request).slice(adminBase.length))
      })
    },
    { prefix: adminBase },
  )
  return app
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const start = request.url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : request.url.slice(start + 1))
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? ''
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

function parseYamlBody(text: string): JsonValue | undefined {
  try {
    const value: JsonValue | undefined = parseYaml(text, { logLevel: 'error' })
    return value
  } catch {
    // The parser's own message would quote the text.
    throw new AdminError(400, 'invalid request body: it is not valid YAML')
  }
}
