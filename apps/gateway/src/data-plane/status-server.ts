import type { DataPlaneControl, DataPlaneStatus } from '@outlast/dataplane'
import type { ApisixSinkStatus } from '@outlast/dataplane/sinks'
import fastify, { type FastifyInstance } from 'fastify'
import { addMetricsRoutes } from '../metrics/metrics-routes.ts'
import type { Metric } from '../metrics/prometheus-text.ts'
import { addControlRoutes } from './control-routes.ts'
import type { ReloadReport } from './reload-queue.ts'

/**
 * APISIX's status port: `/status` (the process is up) and `/status/ready` (a complete configuration is in effect); and
 * `/status/detail`, `/metrics` and `/control`.
 */
export function statusServer(options: {
  readonly status: () => DataPlaneStatus
  readonly whyNotReady: (status: DataPlaneStatus) => string | undefined
  /** What `/status/detail` tells beside the status. */
  readonly detail: () => object
  readonly metrics: () => readonly Metric[]
  readonly control: DataPlaneControl
  /** Without it nobody can give orders. */
  readonly token: string
}): FastifyInstance {
  const { status, whyNotReady: problemOf, detail, metrics } = options
  const app = fastify({ forceCloseConnections: true })
  app.get('/status', () => ({ status: 'ok' }))
  app.get('/status/ready', (_request, reply) => {
    const problem = problemOf(status())
    return problem === undefined
      ? reply.send({ status: 'ok' })
      : reply.code(503).send({ status: 'error', error: problem })
  })
  app.get('/status/detail', () => ({ ...status(), ...detail() }))
  addMetricsRoutes(app, metrics)
  addControlRoutes(app, options)
  return app
}

export function whyNotReady({ ready }: { readonly ready: boolean }): string | undefined {
  return ready ? undefined : 'no complete configuration is in effect yet'
}

/** What `/status/detail` tells. */
export interface StatusDetail extends DataPlaneStatus {
  readonly reload: ReloadReport
  /** Random name of the process. */
  readonly instance: string
  /** Of a sidecar. */
  readonly sink?: ApisixSinkStatus
}

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
