import type { Entry } from '@outlast/snapshot'
import {
  jsonSchemaFrom,
  jsonSchemaOf,
  knownPlugins,
  secretManagers,
  type JsonSchema,
  type PluginSchema,
} from '@outlast/snapshot/apisix'
import type { z } from 'zod'

import { idText, isJsonObject } from '../json-object.ts'
import { AdminError } from './admin-error.ts'
import { adminKinds, type AdminKind } from './admin-kinds.ts'
import type { AdminAnswer, AdminRequest } from './admin-operation.ts'
import { valueCheck } from './check-value.ts'
import { validateConfigurationDocument } from './validate-configuration-document.ts'

type Handler = (request: AdminRequest) => Promise<AdminAnswer>

export interface SchemaApi {
  readonly schema: Handler
  readonly pluginSchema: Handler
  readonly pluginSchemas: Handler
  readonly pluginNames: Handler
  readonly validateValue: Handler
  readonly validateDocument: Handler
}

/** What resources and plugins look like, and whether given ones do. Reads nothing from the store. */
export function schemaApi(): SchemaApi {
  const check = valueCheck()
  return {
    schema: async ({ parameters }) => ({ status: 200, body: schemaNamed(parameters['resource'] ?? '') }),
    pluginSchema: async ({ parameters, query }) => ({
      status: 200,
      body: pluginSchemaOf(parameters['plugin_name'] ?? '', query),
    }),
    async pluginSchemas({ query }) {
      if (query.get('all') !== 'true') {
        throw new AdminError(404, 'plugin not found in subsystem http')
      }
      const plugins = subsystemOf(query) === 'http' ? knownPlugins : []
      return { status: 200, body: Object.fromEntries(plugins.map((plugin) => [plugin.name, everySchemaOf(plugin)])) }
    },
    pluginNames: async ({ query }) => ({
      status: 200,
      body: subsystemOf(query) === 'http' ? knownPlugins.map(({ name }) => name) : [],
    }),
    async validateValue({ parameters, body }) {
      const name = parameters['resource'] ?? ''
      const kind = adminKinds.find((candidate) => candidate.name === name)
      if (kind === undefined) {
        throw new AdminError(404, `Unsupported resource type: ${name}`)
      }
      const id = isJsonObject(body) ? (idText(body['id']) ?? '') : ''
      check(kind, { ...sampleOf(kind, id), value: body ?? null })
      return { status: 200 }
    },
    async validateDocument({ body }) {
      if (!isJsonObject(body)) {
        throw new AdminError(400, 'invalid request body: it is not an object')
      }
      const errors = validateConfigurationDocument(body, check)
      if (errors.length > 0) {
        throw new AdminError(400, { error_msg: 'Configuration validation failed', errors })
      }
      return { status: 200, body: {} }
    },
  }
}

/** The schema of a kind's values; a secret's depends on its manager. */
export function kindSchema(kind: AdminKind): JsonSchema {
  if (kind.identity === 'manager') {
    return { anyOf: [...secretManagers].map((id) => jsonSchemaOf({ kind: kind.storedAs, id }) ?? {}) }
  }
  return jsonSchemaOf(sampleOf(kind, '')) ?? {}
}

/** APISIX calls them `route`, `plugin_config`; the names of the collections do as well. */
function schemaNamed(name: string): JsonSchema {
  const kind = adminKinds.find((candidate) => [candidate.name, candidate.singular.replaceAll(' ', '_')].includes(name))
  const schema = name === 'plugins' ? jsonSchemaOf({ kind: name, id: '' }) : kind && kindSchema(kind)
  if (schema === undefined) {
    throw new AdminError(400, `not found schema: ${name}`)
  }
  return schema
}

function sampleOf({ storedAs, ownerKind, name }: AdminKind, id: string): Pick<Entry, 'kind' | 'id'> {
  return { kind: storedAs, id: ownerKind === undefined ? id : `owner/${name}/${id || '1'}` }
}

function subsystemOf(query: URLSearchParams): 'http' | 'stream' {
  const subsystem = query.get('subsystem') ?? 'http'
  if (subsystem !== 'http' && subsystem !== 'stream') {
    throw new AdminError(400, `unsupported subsystem: ${subsystem}`)
  }
  return subsystem
}

function pluginSchemaOf(name: string, query: URLSearchParams): JsonSchema {
  const subsystem = subsystemOf(query)
  const plugin = subsystem === 'http' ? knownPlugins.find((candidate) => candidate.name === name) : undefined
  if (plugin === undefined) {
    throw new AdminError(404, `plugin not found in subsystem ${subsystem}`)
  }
  const type = query.get('schema_type')
  const found = type === 'consumer' ? plugin.consumerSettings : type === 'metadata' ? plugin.metadata : plugin.settings
  if (found === undefined) {
    throw new AdminError(400, 'not found schema')
  }
  return open(found)
}

interface PluginSchemas {
  readonly priority: number
  readonly type?: 'auth'
  readonly schema: JsonSchema
  readonly consumer_schema?: JsonSchema
  readonly metadata_schema?: JsonSchema
}

function everySchemaOf({
  priority,
  isAuthentication,
  settings,
  consumerSettings,
  metadata,
}: PluginSchema): PluginSchemas {
  return {
    priority,
    ...(isAuthentication === true && { type: 'auth' }),
    schema: open(settings),
    ...(consumerSettings && { consumer_schema: open(consumerSettings) }),
    ...(metadata && { metadata_schema: open(metadata) }),
  }
}

/** Like a plugin's own schema, which does not forbid other fields. */
function open(schema: z.ZodType): JsonSchema {
  return jsonSchemaFrom(schema, { closed: false })
}
