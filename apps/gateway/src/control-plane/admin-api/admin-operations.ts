import type { SnapshotStore } from '@outlast/snapshot'

import { oneAtATime } from '../../one-at-a-time.ts'
import type { AdminOperation } from './admin-operation.ts'
import { discoveryApi } from './discovery-api.ts'
import { discoveryOperations } from './discovery-operations.ts'
import { gatewayGroupApi } from './gateway-group-api.ts'
import { groupOperations } from './gateway-group-operations.ts'
import { instanceOperations } from './instance-operations.ts'
import { keyringApi } from './keyring-api.ts'
import { keyringOperations } from './keyring-operations.ts'
import { openApiDocument } from './openapi-document.ts'
import { resourceApi } from './resource-api.ts'
import { resourceOperations } from './resource-operations.ts'
import { rotateToken } from './rotate-token.ts'
import { schemaApi } from './schema-api.ts'
import { schemaOperations } from './schema-operations.ts'
import { statusOperations, type StatusOptions } from './status-operations.ts'

/** Where APISIX has its Admin API. */
export const adminBase = '/apisix/admin'

/** Everything that the Admin API's port answers to. */
export function adminOperations(
  options: StatusOptions & {
    readonly configuredGroups: readonly string[]
    /** Where a gateway group is backed up to, with its replicas. */
    readonly groupBackups: (group: string) => readonly SnapshotStore[]
  },
): readonly AdminOperation[] {
  const { store, clock, configuredGroups, groupBackups, dataPlanes } = options
  const exclusively = oneAtATime()
  const groups = { store, clock, configured: configuredGroups }
  const admin = [
    ...resourceOperations(resourceApi({ store, clock, exclusively })),
    ...schemaOperations(schemaApi()),
    ...keyringOperations(keyringApi({ store, clock, backups: groupBackups })),
    ...discoveryOperations(discoveryApi({ store, clock })),
    ...groupOperations({ ...gatewayGroupApi({ ...groups, exclusively }), rotateToken: rotateToken(groups) }),
    ...instanceOperations({ store, dataPlanes }),
  ]
  const operations: AdminOperation[] = [
    ...admin.map((operation) => ({ ...operation, path: `${adminBase}${operation.path}` })),
    ...openOperations(() => document),
    ...statusOperations(options),
  ]
  const document = openApiDocument(operations)
  return operations
}

/** What clients use before they use a key: whether there is an Admin API, and what it can do. */
function openOperations(document: () => object): readonly AdminOperation[] {
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
  ]
}
