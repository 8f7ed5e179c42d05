import { setImmediate } from 'node:timers/promises'

/** How much is done in one go, so that requests of the same process are not kept waiting. */
const sliceSize = 500

/** Like `map`, in slices. */
export async function inSlices<From, To>(items: Iterable<From>, map: (item: From) => To): Promise<To[]> {
  const mapped: To[] = []
  for (const item of items) {
    mapped.push(map(item))
    if (mapped.length % sliceSize === 0) await setImmediate()
  }
  return mapped
}
