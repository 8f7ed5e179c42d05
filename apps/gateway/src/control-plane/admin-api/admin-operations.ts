import type { ExporterStatus } from '@outlast/exporter'
import type { Clock } from '@outlast/snapshot'

import { exporterMetrics } from '../../exporter/exporter-metrics.ts'
import { prometheusContentType, prometheusText } from '../../metrics/prometheus-text.ts'
import { oneAtATime } from '../../one-at-a-time.ts'
import type { ConfigStore } from '../store/config-store.ts'
import type { AdminOperation } from './admin-operation.ts'
import { gatewayGroupApi } from './gateway-group-api.ts'
import { groupOperations } from './gateway-group-operations.ts'
import { openApiDocument } from './openapi-document.ts'
import { resourceApi } from './resource-api.ts'
import { resourceOperations } from './resource-operations.ts'
import { schemaApi } from './schema-api.ts'
import { schemaOperations } from './schema-operations.ts'

/** Where APISIX has its Admin API. */
export const adminBase = '/apisix/admin'

/** Everything that the Admin API's port answers to. */
export function adminOperations(options: {
  readonly store: ConfigStore
  readonly clock: Clock
  readonly configuredGroups: readonly string[]
  readonly exporterStatus: () => Readonly<Record<string, ExporterStatus>>
}): readonly AdminOperation[] {
  const { store, clock, configuredGroups } = options
  const exclusively = oneAtATime()
  const admin = [
    ...resourceOperations(resourceApi({ store, clock, exclusively })),
    ...schemaOperations(schemaApi()),
    ...groupOperations(gatewayGroupApi({ store, clock, configured: configuredGroups, exclusively })),
  ]
  const operations: AdminOperation[] = [
    ...admin.map((operation) => ({ ...operation, path: `${adminBase}${operation.path}` })),
    ...openOperations({ ...options, document: () => document }),
  ]
  const document = openApiDocument(operations)
  return operations
}

/**
 * What needs no key: probes and scrapers have none, clients look whether there is an Admin API before they use a key, and
 * tools read the document. Names of groups and stores are told, and counts; never configuration.
 */
function openOperations(options: {
  readonly store: ConfigStore
  readonly clock: Clock
  readonly exporterStatus: () => Readonly<Record<string, ExporterStatus>>
  readonly document: () => object
}): readonly AdminOperation[] {
  const { store, clock, exporterStatus, document } = options
  const about = { tag: 'status', access: 'anyone' } as const
  return [
    {
      ...about,
      method: 'HEAD',
      path: adminBase,
      operationId: 'probe',
      summary: 'Says that there is an Admin API, and its version (`Server`).',
      answers: { 200: { description: 'There is.' } },
      handle: async () => ({ status: 200 }),
    },
    {
      ...about,
      method: 'GET',
      path: `${adminBase}/openapi.json`,
      operationId: 'getDocument',
      summary: 'This document.',
      answers: { 200: { description: 'OpenAPI 3.1.', schema: { type: 'object' } } },
      handle: async () => ({ status: 200, body: document() }),
    },
    {
      ...about,
      method: 'GET',
      path: '/status',
      operationId: 'getStatus',
      summary: 'How the store and the exporters are.',
      answers: { 200: { description: 'The store works.', schema: { type: 'object' } } },
      async handle({ signal }) {
        const { clusterId } = await store.identity({ signal })
        const revision = await store.revision({ signal })
        return { status: 200, body: { ok: true, revision, clusterId, exporters: exporterStatus() } }
      },
    },
    {
      ...about,
      method: 'GET',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'The same for Prometheus, as text.',
      answers: { 200: { description: 'Metrics.' } },
      handle: async () => ({
        status: 200,
        body: prometheusText(exporterMetrics(exporterStatus(), clock.now())),
        contentType: prometheusContentType,
      }),
    },
  ]
}
