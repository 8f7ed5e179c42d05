import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { apisixDocument, apisixYaml, hasApisixForm } from '../../src/apisix/index.ts'
import type { JsonValue } from '../../src/entries/entry.ts'

const entry = (kind: string, id: string, value: JsonValue) => ({ kind, id, value })

describe('apisixDocument', () => {
  it('gives items their ids as APISIX has them', () => {
    const { lists } = apisixDocument([
      entry('routes', '1', { uri: '/a' }),
      entry('consumers', 'jack', { username: 'jack' }),
      entry('consumers', 'jack/credentials/a', { plugins: {} }),
      entry('secrets', 'vault/1', { prefix: 'kv' }),
      entry('plugins', 'all', [{ name: 'key-auth' }, { name: 'mqtt-proxy', stream: true }]),
    ])
    expect(lists).toEqual({
      routes: [{ id: '1', uri: '/a' }],
      consumers: [{ username: 'jack' }, { id: 'jack/credentials/a', plugins: {} }],
      secrets: [{ id: 'vault/1', prefix: 'kv' }],
      plugins: [{ name: 'key-auth' }, { name: 'mqtt-proxy', stream: true }],
    })
  })

  it('has no place for what belongs to a service: among the services APISIX would refuse it', () => {
    const decoration = entry('services', 's/graphql_cost_decorations/1', { cost: 1 })
    expect(apisixDocument([decoration])).toMatchObject({ lists: {}, leftOut: { services: 1 } })
    expect([hasApisixForm(decoration), hasApisixForm(entry('services', 's', {}))]).toEqual([false, true])
  })

  it('counts what APISIX has no place for, and what it would replace', () => {
    const document = apisixDocument([
      entry('x-new', '1', {}),
      entry('routes', '2', 'no object'),
      entry('routes', '3', { desc: '${{HOME}}' }),
    ])
    expect(document).toMatchObject({ leftOut: { 'x-new': 1, routes: 1 }, substituted: 1 })
  })
})

describe('apisixYaml', () => {
  it('ends with #END, and is never without a list: such a file APISIX would not load', () => {
    expect(apisixYaml({})).toBe('routes: []\n#END\n')
    expect(apisixYaml({ routes: [], plugins: [] })).toBe('routes: []\n#END\n')
    expect(apisixYaml({ routes: [{ id: '1' }] })).toBe('routes:\n  - id: "1"\n#END\n')
  })

  it('keeps strings that a YAML 1.1 parser would take for something else, as values and as names', () => {
    const awkward = [
      'no',
      'On',
      'y',
      '~',
      '',
      '0x1f',
      '012',
      '1_000',
      '12:30',
      '2001-01-01',
      '1e3',
      '.inf',
      '<<',
      '#END',
    ]
    const item = Object.fromEntries(awkward.map((text) => [text, text]))
    const text = apisixYaml({ routes: [item, { deep: 'line\n#END\nline' }] })
    expect(parse(text, { version: '1.1' })).toEqual({ routes: [item, { deep: 'line\n#END\nline' }] })
    for (const word of awkward) expect(text).toContain(`: ${JSON.stringify(word)}\n`)
  })

  it('holds nothing that APISIX would replace from its environment, and means the same', () => {
    const item = { desc: '${{HOME}} ${{ A:=b }} $${{{X}}}', '${{NAME}}': '${HOME} $x' }
    const text = apisixYaml({ routes: [item] })
    expect(text).not.toMatch(/\$\{\{/)
    expect(text).toContain('"${HOME} $x"')
    expect(parse(text, { version: '1.1' })).toEqual({ routes: [item] })
  })

  it('gives back line breaks, control characters and very long names', () => {
    const routes = [{ 'a\u0085\u2028b': '\u007f\u0000\ufeff', ['x'.repeat(2000)]: { a: [[], {}, [1]] } }]
    expect(parse(apisixYaml({ routes }), { version: '1.1' })).toEqual({ routes })
  })

  it('gives back whatever was put in', () => {
    const values = fc.jsonValue({ maxDepth: 4 }).map((value): JsonValue => JSON.parse(JSON.stringify(value)))
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), values), { minLength: 1, maxLength: 3 }), (items) => {
        expect(parse(apisixYaml({ routes: items }), { version: '1.1' })).toEqual({ routes: items })
      }),
      { numRuns: 200 },
    )
  })
})
