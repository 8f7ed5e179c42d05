import type { FastifyInstance } from 'fastify'
import { prometheusContentType, prometheusText, type Metric } from './prometheus-text.ts'

/** Answers with what `read` reads then, for Prometheus, under each of these paths. */
export function addMetricsRoutes(
  app: FastifyInstance,
  read: () => readonly Metric[],
  paths: readonly string[] = ['/metrics'],
): void {
  for (const path of paths)
    app.get(path, (_request, reply) => reply.type(prometheusContentType).send(prometheusText(read())))
}
