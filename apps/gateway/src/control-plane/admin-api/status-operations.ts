import type { ExporterStatus } from '@outlast/exporter'
import type { Clock } from '@outlast/snapshot'

import { exporterMetrics } from '../../exporter/exporter-metrics.ts'
import { prometheusContentType, prometheusText } from '../../metrics/prometheus-text.ts'
import type { DataPlaneInstance } from '../data-planes/data-plane-registry.ts'
import { dataPlanesMetric } from '../data-planes/data-planes-metric.ts'
import { storeAnswer } from '../store-answers.ts'
import type { ConfigStore } from '../store/config-store.ts'
import type { AdminOperation } from './admin-operation.ts'
import { object } from './answer-schemas.ts'

export interface StatusOptions {
  readonly store: ConfigStore
  readonly clock: Clock
  readonly exporterStatus: () => Readonly<Record<string, ExporterStatus>>
  readonly dataPlanes: () => readonly DataPlaneInstance[]
  /** Whether every listener of the control plane takes connections. */
  readonly isListening: () => boolean
}

/** What probes and scrapers ask. They have no key. Names of groups and stores are told, and counts; never configuration. */
export function statusOperations(options: StatusOptions): readonly AdminOperation[] {
  const { store, clock, exporterStatus, dataPlanes, isListening } = options
  const about = { tag: 'status', access: 'anyone', method: 'GET' } as const
  const readiness = object({
    ready: { type: 'boolean' },
    store: { type: 'string', enum: ['ok', 'unavailable'] },
    listeners: { type: 'string', enum: ['ok', 'closed'] },
  })
  return [
    {
      ...about,
      path: '/status',
      operationId: 'getStatus',
      summary: 'That the process is up; how the store and the exporters are.',
      answers: { 200: { description: '`ok` is whether the store answers.', schema: { type: 'object' } } },
      async handle({ signal }) {
        const answer = await storeAnswer(store, signal)
        return { status: 200, body: { ok: answer !== undefined, ...answer, exporters: exporterStatus() } }
      },
    },
    {
      ...about,
      path: '/status/ready',
      operationId: 'getReadiness',
      summary: 'Whether it can be worked with: the store answers, and all addresses are listened on.',
      answers: {
        200: { description: 'It can.', schema: readiness },
        503: { description: 'It cannot; by part.', schema: readiness },
      },
      async handle({ signal }) {
        const works = (await storeAnswer(store, signal)) !== undefined
        const listens = isListening()
        const body = {
          ready: works && listens,
          store: works ? 'ok' : 'unavailable',
          listeners: listens ? 'ok' : 'closed',
        }
        return { status: body.ready ? 200 : 503, body }
      },
    },
    {
      ...about,
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'The same for Prometheus, as text.',
      answers: { 200: { description: 'Metrics.' } },
      handle: async () => ({
        status: 200,
        body: prometheusText([...exporterMetrics(exporterStatus(), clock.now()), dataPlanesMetric(dataPlanes())]),
        contentType: prometheusContentType,
      }),
    },
  ]
}
