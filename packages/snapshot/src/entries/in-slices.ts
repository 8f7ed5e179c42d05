import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Steps } from './steps.ts'

/** How long one goes on, so that requests of the same process are not kept waiting. */
const sliceMs = 4
/** To look at the time costs too; and what is short is never interrupted, so that it is the same work every time. */
const lookEvery = 16

/** Like `forEach`, in slices of a few milliseconds: whatever else the process has to do goes first in between. */
export async function eachInSlices<Item>(
  items: Iterable<Item>,
  visit: (item: Item, index: number) => void,
): Promise<void> {
  let begunAt = performance.now()
  let count = 0
  for (const item of items) {
    visit(item, count)
    count += 1
    if (count % lookEvery === 0 && isOver(begunAt)) begunAt = await nextSlice()
  }
}

/** Like `map`, in slices. */
export async function mapInSlices<From, To>(items: Iterable<From>, map: (item: From) => To): Promise<To[]> {
  const mapped: To[] = []
  await eachInSlices(items, (item) => {
    mapped.push(map(item))
  })
  return mapped
}

/** Makes all steps, in slices. */
export async function stepsInSlices<Result>(steps: Steps<Result>): Promise<Result> {
  let begunAt = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (isOver(begunAt)) begunAt = await nextSlice()
  }
}

function isOver(begunAt: number): boolean {
  return performance.now() - begunAt >= sliceMs
}

let lastTurn: Promise<unknown> = Promise.resolve()

/**
 * Resolves in a later turn of the event loop with the time. Kept for the whole process, as the event loop is: of everything
 * that works in slices at the same time only one goes on in a turn, or the turns would become long together.
 */
async function nextSlice(): Promise<number> {
  const turn = lastTurn.then(async () => setImmediate())
  lastTurn = turn
  await turn
  return performance.now()
}
