import type { Entry } from '@outlast/snapshot'
import { apisixCipher, apisixDocument } from '@outlast/snapshot/apisix'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { StandaloneState } from '../../src/sinks/standalone-state.ts'
import { change, consumer, keyring, route } from './change.ts'

const keys = ['0123456789abcdef', 'fedcba9876543210']
// Made once: it takes more time than all the rest.
const ciphers = new Map(
  [[], ['0123456789abcdef'], ['fedcba9876543210'], keys].map((some) => [some.join(), apisixCipher(some)]),
)
const cipherWith = (some: readonly string[]) => ciphers.get(some.join()) ?? apisixCipher(some)
const key = fc.constantFrom(...keys)

/** One entry of a small configuration, with secrets as APISIX keeps them. */
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(3)).map(([id, priority]) => route(id, { priority })),
  fc
    .tuple(fc.constantFrom('jack', 'jill'), fc.constantFrom('secret', 'other'), key)
    .map(([name, secret, used]) => cipherWith([used]).encrypt(consumer(name, secret))),
  fc.constant({ kind: 'x-new', id: '1', value: {} }),
  fc.constantFrom<Entry>(
    { kind: 'plugins', id: 'all', value: [{ name: 'key-auth' }, { name: 'cors' }] },
    { kind: 'plugins', id: 'all', value: [] },
  ),
  fc.uniqueArray(key, { minLength: 1 }).map((all) => keyring(...all)),
)

const step = fc.record({
  upserted: fc.uniqueArray(entry, { selector: nameOf, maxLength: 5 }),
  removing: fc.array(fc.nat(9), { maxLength: 2 }),
})

function nameOf({ kind, id }: Entry): string {
  return `${kind}/${id}`
}

it('whatever the changes were, has what the whole configuration comes to at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const state = new StandaloneState([])
      const all = new Map<string, Entry>()
      for (const { upserted, removing } of steps) {
        const names = new Set(upserted.map(nameOf))
        const removed = [...all.values()].filter((one, index) => removing.includes(index) && !names.has(nameOf(one)))
        for (const one of removed) all.delete(nameOf(one))
        for (const one of upserted) all.set(nameOf(one), one)
        const { lists } = await state.apply(change(upserted, removed))

        const instance = all.get('keyring/1')
        const known = instance === undefined ? [] : keys.filter((one) => JSON.stringify(instance.value).includes(one))
        const decrypted = [...all.values()]
          .filter((one) => one !== instance)
          .toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
          .map((one) => cipherWith(known).decrypt(one))
        const expected = apisixDocument(decrypted)
        const made = Object.fromEntries(
          Array.from(lists, ([kind, items]) => [kind, items.flatMap(({ values }) => values)]),
        )
        expect(Object.fromEntries(Object.entries(made).filter(([, items]) => items.length > 0))).toEqual(expected.lists)
        expect(state.leftOut).toEqual(expected.leftOut)
      }
    }),
    { numRuns: 100 },
  )
})

it('keeps the objects of what has not changed, so that sinks need not look at it again', async () => {
  const state = new StandaloneState([])
  const before = await state.apply(change([route('a'), route('b'), consumer('jack', 'x')]))
  const after = await state.apply(change([route('b', { priority: 1 })]))
  expect(after.lists.get('consumers')).toBe(before.lists.get('consumers'))
  expect(after.lists.get('routes')?.[0]).toBe(before.lists.get('routes')?.[0])
  expect(before.lists.get('routes')?.[1]?.values).toEqual([{ ...Object(route('b').value), id: 'b' }])
})
