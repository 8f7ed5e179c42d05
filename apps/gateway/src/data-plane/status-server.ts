import type { DataPlaneStatus } from '@outlast/dataplane'
import fastify, { type FastifyInstance } from 'fastify'

/** How the last re-reading of the configuration file ended. */
export interface ReloadReport {
  /** How many were tried since the start. */
  readonly count: number
  readonly at?: number | undefined
  /** Why the file was refused; nothing changed then. */
  readonly error?: string | undefined
}

/** APISIX's status port: `/status` (the process is up), `/status/ready` (a complete configuration is in effect), and `/status/detail`. */
export function statusServer(options: {
  readonly status: () => DataPlaneStatus
  readonly reload: () => ReloadReport
}): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  app.get('/status', () => ({ status: 'ok' }))
  app.get('/status/ready', (_request, reply) => {
    if (options.status().ready) return reply.send({ status: 'ok' })
    return reply.code(503).send({ status: 'error', error: 'no complete configuration is in effect yet' })
  })
  app.get('/status/detail', () => ({ ...options.status(), reload: options.reload() }))
  return app
}

/** What `/status/detail` tells. */
export type StatusDetail = DataPlaneStatus & { readonly reload: ReloadReport }

/** Asks a status port. Rejects when it does not answer. */
export async function statusDetail(baseUrl: string): Promise<StatusDetail> {
  const response = await fetch(`${baseUrl}/status/detail`, { signal: AbortSignal.timeout(2_000) })
  const detail: StatusDetail = JSON.parse(await response.text())
  return detail
}
