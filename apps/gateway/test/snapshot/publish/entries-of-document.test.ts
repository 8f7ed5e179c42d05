import { entryKey, type Entry, type JsonValue } from '@outlast/snapshot'
import { apisixDocument, apisixYaml, hasApisixForm } from '@outlast/snapshot/apisix'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entriesOfDocument } from '../../../src/snapshot/publish/entries-of-document.ts'
import { parseDocument } from '../../../src/snapshot/publish/parse-document.ts'

const json = fc.jsonValue({ maxDepth: 3 }).map((value): JsonValue => JSON.parse(JSON.stringify(value)))
const id = fc.stringMatching(/^[\w.-]{1,8}$/)
const value = fc.dictionary(fc.string(), json).map((members): { [name: string]: JsonValue } => ({ ...members }))

/** Entries of kinds with a name of their own, with and without it in their value. */
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc
    .record({ kind: fc.constantFrom('routes', 'upstreams', 'ssls', 'plugin_metadata'), id, value, named: fc.boolean() })
    .map(({ named, value: members, ...ref }) => ({ ...ref, value: named ? { ...members, id: ref.id } : members })),
  fc.record({ id, value, named: fc.boolean() }).map(({ id: name, value: { id: _id, ...members }, named }) => ({
    kind: 'consumers',
    id: name,
    value: named ? { ...members, username: name } : without(members, 'username'),
  })),
  fc.record({ id, owner: id, value }).map(({ id: name, owner, value: members }) => ({
    kind: 'consumers',
    id: `${owner}/credentials/${name}`,
    value: { ...without(members, 'username'), id: name },
  })),
  fc.record({ kind: fc.constantFrom('x-unknown', 'routes'), id, value: fc.oneof(fc.string(), fc.integer()) }),
)
const pluginEntries: fc.Arbitrary<Entry[]> = fc.oneof(
  fc.array(json).map((list) => [{ kind: 'plugins', id: 'all', value: list }]),
  fc.uniqueArray(id).map((names) => names.map((name) => ({ kind: 'plugins', id: name, value: { stream: true } }))),
)
const entries = fc
  .tuple(fc.uniqueArray(entry, { selector: entryKey, maxLength: 12 }), pluginEntries)
  .map(([some, plugins]) => [...some, ...plugins])

function without(members: { [name: string]: JsonValue }, name: string): { [name: string]: JsonValue } {
  return Object.fromEntries(Object.entries(members).filter(([member]) => member !== name))
}

const byKey = (list: readonly Entry[]) => new Map(list.map((one) => [entryKey(one), one.value]))

describe('reading a file for a stock APISIX', () => {
  it('inverts writing it: unchanged, it comes to the entries that it was made from', () => {
    fc.assert(
      fc.property(entries, (original) => {
        const text = apisixYaml(apisixDocument(original).lists)
        const { entries: read, carriedOver } = entriesOfDocument(parseDocument(text), original)
        // An empty list leaves nothing in the file that could bring it back.
        const expected = original.filter(({ kind, value: list }) => kind !== 'plugins' || JSON.stringify(list) !== '[]')
        expect(byKey(read)).toEqual(byKey(expected))
        expect(new Set(carriedOver)).toEqual(new Set(original.filter((one) => !hasApisixForm(one))))
      }),
      { numRuns: 300 },
    )
  })

  it('and the other way round: what was read is written as it was, whatever it follows', () => {
    fc.assert(
      fc.property(entries, entries, (original, base) => {
        const { lists } = apisixDocument(original)
        const plain = base.filter((one) => hasApisixForm(one) && one.kind !== 'plugins')
        expect(apisixDocument(entriesOfDocument(lists, plain).entries).lists).toEqual(lists)
      }),
      { numRuns: 300 },
    )
  })

  it('takes ids that are numbers, and keeps names in values that nothing is known about', () => {
    const document = { routes: [{ id: 1, uri: '/a' }], consumers: [{ username: 'jack' }], routes_conf_version: 7 }
    expect(entriesOfDocument(document, []).entries).toEqual([
      { kind: 'routes', id: '1', value: { id: 1, uri: '/a' } },
      { kind: 'consumers', id: 'jack', value: { username: 'jack' } },
    ])
  })

  it.each<[string, JsonValue, string]>([
    ['a list', [], 'the file is no object with a list for each kind'],
    ['a kind that APISIX does not know', { hidden: [] }, '/hidden is no kind that APISIX knows'],
    ['a kind without a list', { routes: { 1: 'hidden' } }, '/routes is no list'],
    ['an item that is no object', { routes: ['hidden'] }, '/routes/0 is no object'],
    ['an item without an id', { routes: [{ id: '1' }, { uri: '/hidden' }] }, '/routes/1 has no id'],
    ['a consumer without a name', { consumers: [{ desc: 'hidden' }] }, '/consumers/0 has no username and no id'],
    ['an item twice', { routes: [{ id: '1' }, { id: 1 }] }, '/routes has 1 twice'],
  ])('refuses %s, and names the place', (_, document, message) => {
    expect(() => entriesOfDocument(document, [])).toThrow(message)
  })
})

describe('parsing such a file', () => {
  it('reads YAML as APISIX does', () => {
    const text = 'routes:\n  - &a { id: 1, desc: no, uri: "/a" }\n  - <<: *a\n    id: 2\n#END\n'
    expect(parseDocument(text)).toEqual({
      routes: [
        { id: 1, desc: false, uri: '/a' },
        { id: 2, desc: false, uri: '/a' },
      ],
    })
    expect(parseDocument('#END')).toEqual({})
    expect(parseDocument(' {"routes": []}')).toEqual({ routes: [] })
  })

  it.each([
    ['a file that was cut off', 'routes: []\n', 'does not end with a line "#END"'],
    ['#END in the middle of a line', 'routes: [] #END\n', 'does not end with a line "#END"'],
    ['what is no YAML', 'routes:\n  - "hidden\n#END\n', /^line \d+: is not valid YAML \(\w+\)$/],
    ['what is no JSON', '{"routes": hidden}', 'is not valid JSON'],
    ['a name twice', 'routes: []\nroutes: []\n#END\n', /^line 2: is not valid YAML/],
    ['an alias of nothing', 'routes: *hidden\n#END\n', 'is not valid YAML'],
    ['a time', 'routes:\n  - { id: 2001-01-01 }\n#END\n', '/routes/0/id: is a value that JSON does not have'],
    ['a number without end', 'routes:\n  - { id: .inf }\n#END\n', '/routes/0/id: is a value that JSON does not have'],
  ])('refuses %s, and quotes nothing', (_, text, message) => {
    expect(() => parseDocument(text)).toThrow(message)
    expect(() => parseDocument(text)).not.toThrow('hidden')
  })
})
