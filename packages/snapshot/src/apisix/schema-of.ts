import type { z } from 'zod'
import type { EntryRef } from '../entries/entry.ts'
import { jsonObject } from './common-fields.ts'
import { consumerSchema, credentialSchema } from './consumer.ts'
import { discoverySchemaOf } from './discovery/schema-of-discovery.ts'
import { graphqlCostDecorationSchema } from './graphql-cost-decoration.ts'
import { keyringSchema } from './keyring.ts'
import type { InstanceKind, ResourceKind } from './kinds.ts'
import { ownerOf } from './owner-of.ts'
import { pluginListSchema } from './plugin-list.ts'
import { consumerGroupSchema, globalRuleSchema, pluginConfigSchema } from './plugin-set.ts'
import { protoSchema } from './proto.ts'
import { routeSchema } from './route.ts'
import { secretSchemaOf } from './secret.ts'
import { serviceSchema } from './service.ts'
import { snapshotStorageSchema } from './snapshot-storage.ts'
import { sslSchema } from './ssl.ts'
import { streamRouteSchema } from './stream-route.ts'
import { upstreamSchema } from './upstream.ts'

const schemas = new Map<string, z.ZodType>(
  Object.entries({
    routes: routeSchema,
    services: serviceSchema,
    upstreams: upstreamSchema,
    consumers: consumerSchema,
    consumer_groups: consumerGroupSchema,
    plugin_configs: pluginConfigSchema,
    // Free for every plugin: only the plugin itself knows.
    plugin_metadata: jsonObject,
    global_rules: globalRuleSchema,
    ssls: sslSchema,
    protos: protoSchema,
    stream_routes: streamRouteSchema,
    plugins: pluginListSchema,
    keyring: keyringSchema,
    snapshot_storage: snapshotStorageSchema,
  } satisfies Record<Exclude<ResourceKind | InstanceKind, 'secrets' | 'discovery'>, z.ZodType>),
)

/** The schema that an entry's value must pass; `undefined` for kinds that nobody knows. */
export function schemaOf(entry: EntryRef): z.ZodType | undefined {
  if (entry.kind === 'secrets') return secretSchemaOf(entry.id)
  if (entry.kind === 'discovery') return discoverySchemaOf(entry.id)
  if (ownerOf(entry) !== undefined) {
    return entry.kind === 'consumers' ? credentialSchema : graphqlCostDecorationSchema
  }
  return schemas.get(entry.kind)
}
