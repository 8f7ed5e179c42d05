import fastify, { type FastifyInstance } from 'fastify'
import { addMetricsRoutes } from '../metrics/metrics-routes.ts'
import type { Metric } from '../metrics/prometheus-text.ts'

/** Serves metrics where APISIX does, and under `/metrics`. */
export function metricsServer(read: () => readonly Metric[], path: string): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  addMetricsRoutes(app, read, [...new Set(['/metrics', path])])
  return app
}
