import { hostname } from 'node:os'
import type { DataPlaneStatus } from '@outlast/dataplane'
import fastify, { type FastifyInstance } from 'fastify'
import { prometheusContentType, prometheusText } from '../metrics/prometheus-text.ts'
import { dataPlaneMetrics } from './data-plane-metrics.ts'

/** The metrics of a data plane, under `/metrics` and where APISIX has them. */
export function metricsServer(status: () => DataPlaneStatus): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  for (const path of ['/metrics', '/apisix/prometheus/metrics']) {
    app.get(path, (_request, reply) =>
      reply
        .type(prometheusContentType)
        .send(prometheusText(dataPlaneMetrics(status(), { hostname: hostname(), now: Date.now() }))),
    )
  }
  return app
}
