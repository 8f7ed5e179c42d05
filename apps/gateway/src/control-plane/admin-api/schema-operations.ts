import type { JsonSchema } from '@outlast/snapshot/apisix'

import { adminKinds } from './admin-kinds.ts'
import type { AdminOperation, QueryParameter } from './admin-operation.ts'
import { object } from './answer-schemas.ts'
import type { SchemaApi } from './schema-api.ts'

type Answers = AdminOperation['answers']

const anySchema: JsonSchema = { type: 'object' }

const subsystem: QueryParameter = {
  name: 'subsystem',
  description: 'Default `http`.',
  schema: { type: 'string', enum: ['http', 'stream'] },
}
const all: QueryParameter = {
  name: 'all',
  description: '`true`: every plugin. As in APISIX nothing is found without it.',
  schema: { type: 'string', enum: ['true'] },
}
const schemaType: QueryParameter = {
  name: 'schema_type',
  description: 'What a consumer or the metadata of the plugin takes, instead of a route.',
  schema: { type: 'string', enum: ['consumer', 'metadata'] },
}

/** What can be asked about schemas and plugins. */
export function schemaOperations(api: SchemaApi): readonly AdminOperation[] {
  const tag = 'schema'
  const found: Answers = {
    200: { description: 'A JSON Schema.', schema: anySchema },
    404: { description: 'No such plugin is known.' },
  }
  const everyPlugin: Answers = {
    200: { description: 'By name.', schema: anySchema },
    404: { description: 'Not asked for all.' },
  }
  const verdict = object(
    {
      resource_type: { type: 'string' },
      resource_id: { type: 'string' },
      index: { type: 'integer' },
      error: { type: 'string' },
    },
    ['resource_id', 'index'],
  )
  return [
    {
      method: 'GET',
      path: '/schema/{resource}',
      operationId: 'getSchema',
      tag,
      summary: 'Shows what a resource looks like: `route`, `plugin_config`, …',
      access: 'viewer',
      answers: { 200: { description: 'A JSON Schema.', schema: anySchema } },
      handle: api.schema,
    },
    {
      method: 'POST',
      path: '/schema/validate/{resource}',
      operationId: 'validateResource',
      tag,
      summary: `Says whether a resource is valid by itself: ${adminKinds.map(({ name }) => `\`${name}\``).join(', ')}.`,
      access: 'admin',
      body: {},
      answers: { 200: { description: 'It is; the body is empty.' }, 404: { description: 'There is no such kind.' } },
      handle: api.validateValue,
    },
    {
      method: 'GET',
      path: '/schema/plugins',
      operationId: 'listPluginSchemas',
      tag,
      summary: 'Shows what every known plugin takes.',
      access: 'viewer',
      query: [all, subsystem],
      answers: everyPlugin,
      handle: api.pluginSchemas,
    },
    {
      method: 'GET',
      path: '/schema/plugins/{plugin_name}',
      operationId: 'getPluginSchema',
      tag,
      summary: 'Shows what a plugin takes.',
      access: 'viewer',
      query: [schemaType, subsystem],
      answers: found,
      handle: api.pluginSchema,
    },
    {
      method: 'GET',
      path: '/plugins',
      operationId: 'listPlugins',
      tag,
      summary: 'The same as `/schema/plugins`.',
      access: 'viewer',
      query: [all, subsystem],
      answers: everyPlugin,
      handle: api.pluginSchemas,
    },
    {
      method: 'GET',
      path: '/plugins/list',
      operationId: 'listPluginNames',
      tag,
      summary: 'Names the plugins whose settings are known, in the order in which they run.',
      access: 'viewer',
      query: [subsystem],
      answers: { 200: { description: 'Names.', schema: { type: 'array', items: { type: 'string' } } } },
      handle: api.pluginNames,
    },
    {
      method: 'PUT',
      path: '/plugins/reload',
      operationId: 'reloadPlugins',
      tag,
      summary: 'For clients that call it after a change of plugins. There is nothing to reload: no code runs here.',
      access: 'admin',
      answers: { 200: { description: 'The word `done`.' } },
      handle: async () => ({ status: 200, body: 'done' }),
    },
    {
      method: 'GET',
      path: '/plugins/{plugin_name}',
      operationId: 'getPlugin',
      tag,
      summary: 'The same as `/schema/plugins/{plugin_name}`.',
      access: 'viewer',
      query: [schemaType, subsystem],
      answers: found,
      handle: api.pluginSchema,
    },
    {
      method: 'POST',
      path: '/configs/validate',
      operationId: 'validateConfiguration',
      tag,
      summary: 'Says of every item of a whole configuration, lists by kind, whether it is valid by itself.',
      access: 'admin',
      body: { type: 'object' },
      answers: {
        200: { description: 'All are.', schema: object({}) },
        400: {
          description: 'Some are not.',
          schema: object({ error_msg: { type: 'string' }, errors: { type: 'array', items: verdict } }, ['errors']),
        },
      },
      handle: api.validateDocument,
    },
  ]
}
