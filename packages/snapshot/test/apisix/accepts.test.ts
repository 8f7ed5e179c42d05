import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { accepts } from '../../src/apisix/accepts.ts'
import { instanceKinds, resourceKinds } from '../../src/apisix/kinds.ts'
import { knownPlugins } from '../../src/apisix/plugins/known-plugins.ts'
import { schemaOf } from '../../src/apisix/schema-of.ts'
import type { JsonValue } from '../../src/entries/entry.ts'
import { isJsonObject } from '../../src/entries/json-object.ts'
import { jsonValues } from '../arbitraries.ts'

const upstream = {
  type: 'chash',
  hash_on: 'header',
  key: 'X-Tenant',
  nodes: { '10.0.0.1:80': 1, '[::1]:8080': 0 },
  timeout: { connect: 1, send: 0.5, read: 60 },
  checks: { active: { type: 'http', http_path: '/', healthy: { interval: 1, successes: 2 } } },
  keepalive_pool: { size: 320, idle_timeout: 60 },
}
// Valid of one kind or another, so that what is put into them is reached.
const samples: readonly JsonValue[] = [
  {
    name: 'r',
    uris: ['/a', '/b/*'],
    hosts: ['*.example.com'],
    methods: ['GET', 'POST'],
    remote_addrs: ['10.0.0.0/8'],
    vars: [['arg_a', '==', '1']],
    labels: { a: 'b' },
    status: 1,
    plugins: { 'limit-count': { count: 1, time_window: 60 } },
    upstream,
  },
  upstream,
  { ...upstream, nodes: [{ host: '10.0.0.1', port: 80, weight: 1, metadata: {} }], tls: { verify: true } },
  { username: 'jack', plugins: { 'key-auth': { key: 'k' } } },
  { plugins: { cors: {} }, hosts: ['a.com'], upstream_id: 7 },
  { content: 'syntax = "proto3";' },
  { server_port: 9100, upstream, protocol: { name: 'mqtt' } },
  [{ name: 'cors' }, { name: 'mqtt-proxy', stream: true }],
]

const leaves: fc.Arbitrary<JsonValue> = fc.oneof(
  jsonValues,
  fc.constantFrom<JsonValue>('a', '', '/a', '127.0.0.1', 0, 1, -1, 1.5, 65_536, true, null, [], {}, '__proto__'),
)
/** A sample with something else in one place, or with a member more. */
const nearlyRight = fc
  .tuple(fc.constantFrom(...samples), fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), leaves)
  .map(([sample, path, leaf]) => put(sample, path, leaf))

const schemas: readonly (readonly [name: string, schema: z.ZodType])[] = [
  ...[...resourceKinds, ...instanceKinds].flatMap((kind) => {
    const schema = schemaOf({ kind, id: '1' })
    return schema === undefined ? [] : [[kind, schema] as const]
  }),
  ...knownPlugins.map(({ name, settings }) => [name, settings] as const),
]

describe('accepting', () => {
  it.each(schemas)('is the same as parsing without an issue: %s', (_name, schema) => {
    fc.assert(
      fc.property(fc.oneof(nearlyRight, leaves, fc.constantFrom(...samples)), (value) => {
        expect(accepts(schema, value)).toBe(schema.safeParse(value).success)
      }),
      { numRuns: 300 },
    )
  })

  it.each<readonly [what: string, schema: z.ZodType, values: readonly JsonValue[]]>([
    ['coerces', z.coerce.number().min(3), ['4', 4, '2', 'a']],
    ['trims', z.string().trim().min(1), [' a ', '  ']],
    ['fills in', z.looseObject({ a: z.number().default(1) }).refine(({ a }) => a === 1), [{}, { a: 1 }, { a: 2 }]],
    ['leaves out', z.object({ a: z.number() }).refine((value) => !('b' in value)), [{ a: 1, b: 2 }, { a: 'x' }]],
    ['takes nothing else', z.strictObject({ a: z.number() }), [{ a: 1 }, { a: 1, b: 2 }]],
    ['takes only others of one type', z.object({}).catchall(z.number()), [{ b: 1 }, { b: 'x' }]],
    ['takes exactly one of two', z.xor([z.number(), z.int()]), [1, 1.5]],
    ['needs both', z.intersection(z.number().min(1), z.number().max(2)), [0, 1, 3]],
    ['refers to itself', z.array(z.lazy(() => z.string())), [['a'], [1]]],
  ])('is that as well for a schema that %s', (_what, schema, values) => {
    for (const value of values) expect(accepts(schema, value)).toBe(schema.safeParse(value).success)
  })
})

function put(value: JsonValue, [step = 0, ...rest]: readonly number[], leaf: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value
    return items.toSpliced(
      step % (items.length + 1),
      1,
      rest.length === 0 ? leaf : put(items[step] ?? leaf, rest, leaf),
    )
  }
  if (!isJsonObject(value)) return leaf
  const names = [...Object.keys(value), 'unknown']
  const name = names[step % names.length] ?? ''
  return { ...value, [name]: rest.length === 0 ? leaf : put(value[name] ?? leaf, rest, leaf) }
}
