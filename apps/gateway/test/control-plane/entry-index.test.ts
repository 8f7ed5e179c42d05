import { describe, expect, it } from 'vitest'

import { entryIndex } from '../../src/control-plane/admin-api/entry-index.ts'
import { groupSpan } from '../../src/control-plane/group-keys.ts'
import { isJsonObject } from '../../src/control-plane/json-object.ts'
import type { RangeOptions } from '../../src/control-plane/store/config-store.ts'
import { put, remove, scratchStore } from './scratch-store.ts'

describe('an index of entries', () => {
  const key = (id: string): string => `/gateway_groups/default/routes/${id}`
  const called = (...names: readonly string[]): string => JSON.stringify({ names })

  async function indexed() {
    const store = await scratchStore()
    const ranges: RangeOptions[] = []
    const find = entryIndex({
      store: {
        ...store,
        range: async (options) => {
          ranges.push(options)
          return store.range(options)
        },
      },
      spanOf: groupSpan,
      namesOf: ({ value }) => {
        const names = isJsonObject(value) ? value['names'] : undefined
        return Array.isArray(names) ? names.map(String) : []
      },
    })
    const idsOf = async (name: string): Promise<readonly string[]> =>
      (await find('default', name)).map(({ id }) => id).toSorted()
    return { store, ranges, idsOf }
  }

  it('finds what has a name now, however it came to it or lost it', async () => {
    const { store, idsOf } = await indexed()
    await put(store, key('a'), called('x', 'y', 'x'))
    await put(store, key('b'), called('y'))
    await put(store, '/gateway_groups/other/routes/c', called('y'))
    expect(await idsOf('x')).toEqual(['a'])
    expect(await idsOf('y')).toEqual(['a', 'b'])
    await put(store, key('a'), called('z'))
    await remove(store, key('b'))
    await put(store, key('d'), called('y'))
    expect(await idsOf('x')).toEqual([])
    expect(await idsOf('y')).toEqual(['d'])
    expect(await idsOf('z')).toEqual(['a'])
    await put(store, key('b'), called('x'))
    expect(await idsOf('x')).toEqual(['b'])
  })

  it('reads everything once, and then what has changed', async () => {
    const { store, ranges, idsOf } = await indexed()
    for (let n = 0; n < 50; n += 1) await put(store, key(String(n)), called('many'))
    expect(await idsOf('nobody')).toEqual([])
    await put(store, key('7'), called('one'))
    ranges.length = 0
    expect(await idsOf('one')).toEqual(['7'])
    const { revision } = await store.range({ keys: groupSpan('default'), countOnly: true })
    expect(ranges).toMatchObject([{ minModRevision: revision }, { keys: { from: key('7') } }])
  })

  it('passes over what is damaged', async () => {
    const { store, idsOf } = await indexed()
    await put(store, key('a'), '{"names":["x"]')
    await put(store, key('b'), called('x'))
    expect(await idsOf('x')).toEqual(['b'])
  })

  it('is not confused by searches at the same time', async () => {
    const { store, idsOf } = await indexed()
    await put(store, key('a'), called('x'))
    const found = Array.from({ length: 5 }, async () => idsOf('x'))
    await put(store, key('a'), called('y'))
    await Promise.all(found)
    expect(await idsOf('x')).toEqual([])
    expect(await idsOf('y')).toEqual(['a'])
  })
})
