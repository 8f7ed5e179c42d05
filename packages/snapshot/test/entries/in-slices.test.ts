import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { eachInSlices, mapInSlices, stepsInSlices } from '../../src/entries/in-slices.ts'

/** Longer than a slice, whatever else the machine does. */
function longWork(): void {
  const endAt = performance.now() + 5
  while (performance.now() < endAt);
}

const items = Array.from({ length: 64 }, (_none, index) => index)

describe('work in slices', () => {
  it('is done in order, to the end, with the place of each item', async () => {
    const seen: (readonly [item: string, index: number])[] = []
    await eachInSlices('abc', (item, index) => seen.push([item, index]))
    expect(seen).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ])
    expect(await mapInSlices(items, (item) => item * 2)).toEqual(items.map((item) => item * 2))
    function* steps() {
      yield
      yield
      return 'done'
    }
    expect(await stepsInSlices(steps())).toBe('done')
  })

  it('lets others go first when it takes long', async () => {
    let others = 0
    const other = setInterval(() => (others += 1), 1)
    await eachInSlices(items, longWork)
    clearInterval(other)
    expect(others).toBeGreaterThanOrEqual(3)
  })

  it('is never interrupted when it is short', async () => {
    const order: string[] = []
    setImmediate(() => order.push('other'))
    await eachInSlices([1, 2, 3], () => order.push('work'))
    expect(order).toEqual(['work', 'work', 'work'])
  })

  it('goes on with one of several in a turn of the event loop', async () => {
    let turn = 0
    let isOver = false
    const count = (): void => {
      turn += 1
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const turnsOf = async (): Promise<Set<number>> => {
      const turns = new Set<number>()
      // The first slice of each begins where it is called.
      await eachInSlices(items, (_item, index) => {
        longWork()
        if (index >= 16) turns.add(turn)
      })
      return turns
    }
    const [one, two, three] = await Promise.all([turnsOf(), turnsOf(), turnsOf()])
    isOver = true
    expect(one.size).toBe(3)
    expect(new Set([...one, ...two, ...three]).size).toBe(9)
  })

  it('ends with what it throws, and holds up nobody else', async () => {
    const failing = eachInSlices(items, (item) => {
      longWork()
      if (item === 20) throw new Error('of the work')
    })
    await expect(failing).rejects.toThrow('of the work')
    await expect(mapInSlices(items.slice(0, 20), longWork)).resolves.toHaveLength(20)
  })
})
