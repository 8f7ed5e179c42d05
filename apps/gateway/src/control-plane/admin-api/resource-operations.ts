import type { JsonSchema } from '@outlast/snapshot/apisix'

import { adminKinds, collectionPath, itemPath, placeIn, type AdminKind } from './admin-kinds.ts'
import type { AdminAnswer, AdminOperation, AdminRequest, QueryParameter, ResourceMethod } from './admin-operation.ts'
import type { ResourceRequest } from './resource-api.ts'
import { deleted, list, listed, written } from './answer-schemas.ts'
import { forceParameter, groupOf, groupParameter, listParameters } from './query-parameters.ts'

const filterParameter: QueryParameter = {
  name: 'filter',
  description: 'An encoded query, such as `service_id%3D1`.',
  schema: { type: 'string' },
}

/** `PluginConfig` of `plugin config`. */
export function schemaName({ singular }: AdminKind): string {
  return singular
    .split(/[ _]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}

/** All that can be asked of the kinds of resources, made from their table. */
export function resourceOperations(
  handle: (method: ResourceMethod, request: ResourceRequest) => Promise<AdminAnswer>,
): readonly AdminOperation[] {
  return adminKinds.flatMap((kind) => operationsOf(kind, handle))
}

function operationsOf(
  kind: AdminKind,
  handle: (method: ResourceMethod, request: ResourceRequest) => Promise<AdminAnswer>,
): readonly AdminOperation[] {
  const name = schemaName(kind)
  const value: JsonSchema = { $ref: `#/components/schemas/${name}` }
  const answered: JsonSchema = { $ref: `#/components/schemas/Stored${name}` }
  const created = { description: 'Created.', schema: written(answered) }
  const replaced = { description: 'Replaced.', schema: written(answered) }
  const notFound = { description: 'It does not exist, or what it belongs to, or its gateway group.' }
  const operation = (
    method: ResourceMethod,
    path: string,
    rest: Pick<AdminOperation, 'operationId' | 'summary' | 'answers'> & Partial<AdminOperation>,
  ): AdminOperation => ({
    method,
    path,
    tag: kind.name,
    access: method === 'GET' ? 'viewer' : 'admin',
    ...rest,
    query: [groupParameter, ...(rest.query ?? [])],
    handle: async (request) => handle(method, resourceRequest(kind, request)),
  })
  const filters = kind.filterFields.size > 0 ? [filterParameter] : []
  const hasPatchPaths = kind.ownerKind === undefined
  const operations: readonly AdminOperation[] = [
    operation('GET', collectionPath(kind), {
      operationId: `list${name}`,
      summary: `Lists every ${kind.singular}.`,
      query: [...listParameters, ...filters],
      answers: {
        200: { description: 'In the order of their ids, pages in the order of creation.', schema: list(answered) },
        404: notFound,
      },
    }),
    ...(kind.identity === 'plugin'
      ? []
      : [
          operation('PUT', collectionPath(kind), {
            operationId: `putNamed${name}`,
            summary: `Creates or replaces the ${kind.singular} that the body names.`,
            body: value,
            answers: { 200: replaced, 201: created, 404: notFound },
          }),
        ]),
    operation('POST', collectionPath(kind), {
      operationId: `create${name}`,
      summary: `Creates one with a generated id.`,
      body: value,
      answers: { 201: created, 404: notFound },
    }),
    operation('GET', itemPath(kind), {
      operationId: `get${name}`,
      summary: `Shows one ${kind.singular}.`,
      answers: { 200: { description: 'It.', schema: listed(answered) }, 404: notFound },
    }),
    operation('PUT', itemPath(kind), {
      operationId: `put${name}`,
      summary: `Creates or replaces one ${kind.singular}.`,
      body: value,
      answers: { 200: replaced, 201: created, 404: notFound },
    }),
    operation('PATCH', itemPath(kind), {
      operationId: `patch${name}`,
      summary: 'Merges the body into it: objects deeply, `null` removes, everything else replaces.',
      body: { type: 'object' },
      answers: { 200: replaced, 404: notFound },
    }),
    ...(hasPatchPaths
      ? [
          operation('PATCH', `${itemPath(kind)}/{sub_path}`, {
            operationId: `patchPart${name}`,
            summary: 'Replaces what stands at the path inside it.',
            body: {},
            answers: { 200: replaced, 404: notFound },
          }),
        ]
      : []),
    operation('DELETE', itemPath(kind), {
      operationId: `delete${name}`,
      summary: `Deletes one ${kind.singular}, and what belongs to it.`,
      query: [forceParameter],
      answers: { 200: { description: 'Deleted.', schema: deleted }, 404: notFound },
    }),
  ]
  return operations.filter(({ method }) => !kind.unsupportedMethods.has(method))
}

function resourceRequest(kind: AdminKind, { parameters, query, body, signal }: AdminRequest): ResourceRequest {
  return {
    kind,
    group: groupOf(query),
    ...placeIn(kind, parameters),
    subPath: parameters['sub_path'],
    query,
    body,
    signal,
  }
}
