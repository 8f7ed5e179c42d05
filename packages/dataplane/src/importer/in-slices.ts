import { setImmediate } from 'node:timers/promises'

/** How long one goes on, so that requests of the same process are not kept waiting. */
const sliceMs = 4
/** To look at the time costs too; and what is short is never interrupted, so that it is the same work every time. */
const lookEvery = 16

/** Like `map`, in slices. */
export async function inSlices<From, To>(items: Iterable<From>, map: (item: From) => To): Promise<To[]> {
  const mapped: To[] = []
  await eachInSlices(items, (item) => {
    mapped.push(map(item))
  })
  return mapped
}

/** Like `forEach`, in slices. */
export async function eachInSlices<Item>(items: Iterable<Item>, visit: (item: Item) => void): Promise<void> {
  let begunAt = performance.now()
  let count = 0
  for (const item of items) {
    visit(item)
    count += 1
    if (count % lookEvery !== 0 || performance.now() - begunAt < sliceMs) continue
    await setImmediate()
    begunAt = performance.now()
  }
}
