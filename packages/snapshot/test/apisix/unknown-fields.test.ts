import { describe, expect, it } from 'vitest'
import { jsonSchemaOf } from '../../src/apisix/json-schema-of.ts'
import { resourceKinds } from '../../src/apisix/kinds.ts'
import { unknownFields } from '../../src/apisix/unknown-fields.ts'

describe('Fields that APISIX does not know', () => {
  const find = unknownFields()

  it('are found in a resource, and in the upstream inside it', () => {
    expect(find({ kind: 'routes', id: '1', value: { uri: '/', url: '/' } })).toEqual(['url'])
    expect(find({ kind: 'services', id: '1', value: { upstream: { nodes: {}, node: 1 } } })).toEqual([
      'upstream',
      'node',
    ])
    expect(find({ kind: 'consumers', id: 'jack', value: { username: 'jack', name: 'Jack' } })).toEqual(['name'])
    expect(find({ kind: 'global_rules', id: '1', value: { plugins: {}, desc: '' } })).toEqual(['desc'])
  })

  it('depend on whether a consumer or its credential is meant', () => {
    expect(find({ kind: 'consumers', id: 'jack/credentials/1', value: { name: 'key' } })).toBeUndefined()
    expect(find({ kind: 'consumers', id: 'jack/credentials/1', value: { username: 'jack' } })).toEqual(['username'])
  })

  it('are none in what plugins, secret managers and unknown kinds take', () => {
    for (const kind of ['plugin_metadata', 'secrets', 'keyring', 'unknown']) {
      const found = find({ kind, id: 'vault/1', value: { anything: 1, upstream: { anything: 1 } } })
      expect([kind, found]).toEqual([kind, kind === 'keyring' ? ['anything'] : undefined])
    }
    expect(find({ kind: 'routes', id: '1', value: 'a text' })).toBeUndefined()
  })
})

describe('The JSON Schema of a kind', () => {
  it('is there for every kind of resource, and says nothing that goes without saying', () => {
    for (const kind of resourceKinds) {
      const schema = JSON.stringify(jsonSchemaOf({ kind, id: kind === 'secrets' ? 'vault/1' : '1' }))
      expect(schema).not.toMatch(/9007199254740991|propertyNames|"additionalProperties":\{\}|\$schema/)
    }
    expect(jsonSchemaOf({ kind: 'unknown', id: '1' })).toBeUndefined()
  })
})
