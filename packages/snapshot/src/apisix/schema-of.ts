import type { z } from 'zod'
import type { EntryRef } from '../entry.ts'
import { consumerSchema, credentialSchema } from './consumer.ts'
import { globalRuleSchema, pluginListSchema, pluginSetSchema } from './plugin-set.ts'
import { protoSchema } from './proto.ts'
import { routeSchema } from './route.ts'
import { secretSchemaOf } from './secret.ts'
import { serviceSchema } from './service.ts'
import { sslSchema } from './ssl.ts'
import { streamRouteSchema } from './stream-route.ts'
import { upstreamSchema } from './upstream.ts'
import { jsonObject } from './common-fields.ts'
import type { ResourceKind } from './kinds.ts'

const schemas = new Map<string, z.ZodType>(
  Object.entries({
    routes: routeSchema,
    services: serviceSchema,
    upstreams: upstreamSchema,
    consumers: consumerSchema,
    consumer_groups: pluginSetSchema,
    plugin_configs: pluginSetSchema,
    // Free for every plugin: only the plugin itself knows.
    plugin_metadata: jsonObject,
    global_rules: globalRuleSchema,
    ssls: sslSchema,
    protos: protoSchema,
    stream_routes: streamRouteSchema,
    plugins: pluginListSchema,
  } satisfies Record<Exclude<ResourceKind, 'secrets'>, z.ZodType>),
)

const credentialId = /^[^/]+\/credentials\/[^/]+$/

/** The schema that an entry's value must pass; `undefined` for kinds that nobody knows. */
export function schemaOf(entry: EntryRef): z.ZodType | undefined {
  if (entry.kind === 'consumers' && credentialId.test(entry.id)) return credentialSchema
  if (entry.kind === 'secrets') return secretSchemaOf(entry.id)
  return schemas.get(entry.kind)
}
