import type { ExporterStatus } from '@outlast/exporter'
import fastify, { type FastifyInstance } from 'fastify'
import { addMetricsRoutes } from '../metrics/metrics-routes.ts'
import { exporterMetrics } from './exporter-metrics.ts'

/**
 * The status port of an independent exporter: `/status` (the process is up), `/status/ready` (the last export has not
 * failed; a hold is no failure), `/status/detail`, and `/metrics`.
 */
export function exporterStatusApp(options: {
  readonly group: string
  readonly status: () => ExporterStatus
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
}): FastifyInstance {
  const { group, status, now } = options
  const app = fastify({ forceCloseConnections: true })
  app.get('/status', () => ({ status: 'ok' }))
  app.get('/status/ready', (_request, reply) => {
    const problem = whyNotReady(status())
    return problem === undefined
      ? reply.send({ status: 'ok' })
      : reply.code(503).send({ status: 'error', error: problem })
  })
  app.get('/status/detail', () => ({ group, ...status() }))
  addMetricsRoutes(app, () => exporterMetrics({ [group]: status() }, now()))
  return app
}

function whyNotReady({ failures, lastCycleMs, lastError }: ExporterStatus): string | undefined {
  if (failures > 0) return `the last export has failed: ${lastError?.message ?? 'see the log'}`
  return lastCycleMs === undefined ? 'the first export is on its way' : undefined
}
