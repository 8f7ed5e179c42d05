import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instanceKinds, resourceKinds } from '../../src/apisix/kinds.ts'
import { validateConfiguration } from '../../src/apisix/validate-configuration.ts'
import { validateEntry } from '../../src/apisix/validate-entry.ts'
import type { Configuration, Entry, JsonValue } from '../../src/entries/entry.ts'
import { jsonValues } from '../arbitraries.ts'

// The names that schemas and references look at, so that arbitrary values get past the first check.
// prettier-ignore
const names = [
  'id', 'name', 'labels', 'uri', 'uris', 'hosts', 'plugins', 'traffic-split', 'rules', 'weighted_upstreams', 'upstream',
  'upstream_id', 'service_id', 'tls', 'client_cert_id', 'nodes', 'checks', 'active', 'type', 'key', 'keyring', 'servers',
  'client', 'username', 'group_id', 'protocol', 'superior_id', 'host', 'port', '__proto__', 'constructor', 'toString',
]
const leaves: fc.Arbitrary<JsonValue> = fc.oneof(
  jsonValues,
  fc.constantFrom('$secret://vault/1/k', '$secret://', '$env://A', 'chash', 'client', 'a', '/a', 1, 0, '127.0.0.1'),
)

const values = fc.letrec<{ value: JsonValue; object: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    leaves,
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 6 })
    .map((members): JsonValue => Object.fromEntries(members)),
})).value

const kinds = fc.constantFrom(...resourceKinds, ...instanceKinds, 'unknown', '__proto__')
// prettier-ignore
const ids = fc.constantFrom(
  '1', '', '/', 'a', 'vault/1', 'aws/1', 'gcp/1', 'jack/credentials/1', 's/graphql_cost_decorations/1',
  'dns', 'consul', 'consul_kv', 'nacos', 'eureka', 'kubernetes', '__proto__', 'constructor',
)
const entryLists: fc.Arbitrary<Entry[]> = fc.array(fc.record({ kind: kinds, id: ids, value: values }), { maxLength: 8 })
const configurations: fc.Arbitrary<Configuration> = fc.record({ resources: entryLists, instance: entryLists })

describe('Validation of any JSON', () => {
  it('throws nothing and changes nothing', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const before = structuredClone(configuration)
        deepFreeze(configuration)
        const found = validateConfiguration(configuration)
        for (const { kind, id, reason } of found) {
          expect(typeof kind === 'string' && typeof id === 'string' && reason !== '').toBe(true)
        }
        for (const entry of [...configuration.resources, ...configuration.instance]) validateEntry(entry)
        expect(configuration).toEqual(before)
      }),
      { numRuns: 2000 },
    )
  })

  it('agrees about what is invalid, entry by entry and as a whole', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const one = [...configuration.resources, ...configuration.instance].filter((entry) => validateEntry(entry))
        const whole = validateConfiguration(configuration).filter(({ severity }) => severity === 'invalid')
        expect(whole.map(({ kind, id }) => [kind, id])).toEqual(one.map(({ kind, id }) => [kind, id]))
      }),
      { numRuns: 500 },
    )
  })

  it('quotes no value', () => {
    const mark = 'b7f1c0de'
    fc.assert(
      fc.property(configurations, fc.constantFrom('', '$secret://', '$secret://vault/'), (configuration, prefix) => {
        const marked = (entries: readonly Entry[]): Entry[] =>
          entries.map(({ kind, id, value }) => ({ kind, id, value: withTexts(value, `${prefix}${mark}`) }))
        const { resources, instance } = configuration
        const found = validateConfiguration({ resources: marked(resources), instance: marked(instance) })
        expect(JSON.stringify(found)).not.toContain(mark)
      }),
      { numRuns: 1000 },
    )
  })

  it('does not take inherited names for fields', () => {
    const value: JsonValue = Object.fromEntries([['__proto__', { uri: '/a', plugins: {} }]])
    expect(validateEntry({ kind: 'routes', id: '1', value })).toBe('routes/1: needs uri or uris')
  })
})

function withTexts(value: JsonValue, text: string): JsonValue {
  if (typeof value === 'string') return text
  if (Array.isArray(value)) return value.map((item: JsonValue) => withTexts(item, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withTexts(member, text)]))
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const member of Object.values(value)) deepFreeze(member)
}
