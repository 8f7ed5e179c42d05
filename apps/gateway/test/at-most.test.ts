import { expect, it } from 'vitest'

import { atMost } from '../src/at-most.ts'

it('Actions run in their order, so many at once, and one that fails gives its place to the next', async () => {
  const limited = atMost(2)
  const begun: number[] = []
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<number>())
  const results = gates.map(async ({ promise }, index) =>
    limited(async () => {
      begun.push(index)
      return promise
    }).catch((error: unknown) => error),
  )
  expect(begun).toEqual([0, 1])
  const failure = new Error('no')
  gates[1]?.reject(failure)
  await results[1]
  await expect.poll(() => begun).toEqual([0, 1, 2])
  gates[0]?.resolve(10)
  await expect.poll(() => begun).toEqual([0, 1, 2, 3])
  gates[2]?.resolve(12)
  gates[3]?.resolve(13)
  expect(await Promise.all(results)).toEqual([10, failure, 12, 13])
  expect(await limited(async () => 'free again')).toBe('free again')
})
