import type { DataPlaneControl, DataPlaneStatus } from '@outlast/dataplane'
import fastify, { type FastifyInstance } from 'fastify'
import { addControlRoutes } from './control-routes.ts'
import type { ReloadReport } from './reload-queue.ts'

/** APISIX's status port: `/status` (the process is up), `/status/ready` (a complete configuration is in effect), and `/status/detail`; and `/control`. */
export function statusServer(options: {
  readonly status: () => DataPlaneStatus
  readonly reload: () => ReloadReport
  /** Random name of this process. */
  readonly instance: string
  readonly control: DataPlaneControl
  /** Without it nobody can give orders. */
  readonly token: string
}): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  app.get('/status', () => ({ status: 'ok' }))
  app.get('/status/ready', (_request, reply) => {
    if (options.status().ready) return reply.send({ status: 'ok' })
    return reply.code(503).send({ status: 'error', error: 'no complete configuration is in effect yet' })
  })
  app.get('/status/detail', () => ({ ...options.status(), reload: options.reload(), instance: options.instance }))
  addControlRoutes(app, options)
  return app
}

/** What `/status/detail` tells. */
export type StatusDetail = DataPlaneStatus & { readonly reload: ReloadReport; readonly instance: string }

/** Where a process on the same machine finds a status server that listens. */
export function statusUrl(app: FastifyInstance): string {
  const bound = app.server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the status server has no TCP address')
  const everywhere = bound.address === '0.0.0.0' || bound.address === '::'
  const host = everywhere ? '127.0.0.1' : bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return `http://${host}:${bound.port}`
}

/** Asks a status port. Rejects when it does not answer. */
export async function statusDetail(baseUrl: string): Promise<StatusDetail> {
  const response = await fetch(`${baseUrl}/status/detail`, { signal: AbortSignal.timeout(2_000) })
  const detail: StatusDetail = JSON.parse(await response.text())
  return detail
}
