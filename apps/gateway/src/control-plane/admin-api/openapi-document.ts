import { jsonSchemaFrom, type JsonSchema } from '@outlast/snapshot/apisix'

import { isJsonObject, type JsonObject } from '../json-object.ts'
import { adminKinds, type AdminKind } from './admin-kinds.ts'
import type { AdminOperation } from './admin-operation.ts'
import { object } from './answer-schemas.ts'
import { gatewayGroupSchema } from './gateway-group-api.ts'
import { keyringSchema } from './keyring-api.ts'
import { schemaName } from './resource-operations.ts'
import { kindSchema } from './schema-api.ts'

/** The OpenAPI 3.1 document of these operations, whose paths are complete. */
export function openApiDocument(operations: readonly AdminOperation[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: describe(operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Outlast Admin API',
      version: 'v3',
      description:
        'The Admin API of Apache APISIX, with gateway groups. A parameter named `sub_path` may hold slashes. Conditions between fields that JSON Schema does not say here are checked as well.',
    },
    security: [{ header: [] }, { query: [] }, { cookie: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        header: { type: 'apiKey', in: 'header', name: 'X-API-KEY' },
        query: { type: 'apiKey', in: 'query', name: 'api_key' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'x_api_key' },
      },
      schemas: componentSchemas(),
    },
  }
}

function describe({
  operationId,
  tag,
  summary,
  access,
  query = [],
  body,
  answers,
  path,
  method,
}: AdminOperation): object {
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...query.map((parameter) => ({ ...parameter, in: 'query' })),
  ]
  return {
    operationId,
    tags: [tag],
    summary,
    ...(access === 'anyone' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: Object.fromEntries(
      Object.entries({ ...commonAnswers(access, method), ...answers }).map(([status, { description, schema }]) => [
        status,
        { description, ...(schema && { content: { 'application/json': { schema } } }) },
      ]),
    ),
  }
}

const error: JsonSchema = { $ref: '#/components/schemas/Error' }

function commonAnswers(access: AdminOperation['access'], method: AdminOperation['method']): AdminOperation['answers'] {
  const failed = { 503: { description: 'The store cannot be used.', schema: error } }
  if (access === 'anyone') {
    return method === 'HEAD' ? {} : failed
  }
  return {
    400: { description: 'It is refused, and the body says why.', schema: error },
    401: { description: 'The key is missing, wrong, or that of a viewer.', schema: error },
    429: { description: 'Too many wrong keys came from this address.', schema: error },
    ...failed,
  }
}

function componentSchemas(): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {
    Error: object({ error_msg: { type: 'string' }, description: { type: 'string' } }, ['description']),
    GatewayGroup: jsonSchemaFrom(gatewayGroupSchema, { closed: true }),
    Keyring: jsonSchemaFrom(keyringSchema, { closed: true }),
    StoredGatewayGroup: { type: 'object', required: ['id'] },
  }
  for (const kind of adminKinds) {
    const schema = kindSchema(kind)
    schemas[schemaName(kind)] = schema
    schemas[`Stored${schemaName(kind)}`] = storedSchema(kind, schema)
  }
  return schemas
}

/** What answers hold: no secret that the kind hides. */
function storedSchema(kind: AdminKind, { properties, required, ...schema }: JsonSchema): JsonSchema {
  const hidden = new Set(kind.hiddenFields.filter((path) => path.length === 1).map(([name]) => name))
  const shown = (names: Iterable<string>): string[] => [...names].filter((name) => !hidden.has(name))
  return {
    ...schema,
    ...(isJsonObject(properties) && { properties: pick(properties, shown(Object.keys(properties))) }),
    ...(Array.isArray(required) && { required: shown(required.map(String)) }),
  }
}

function pick(properties: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)))
}
