import { setImmediate } from 'node:timers/promises'

/** Work that can be interrupted after each step, and what it comes to. A step tells how many entries it was about. */
export type Steps<Result> = Generator<number, Result, void>

/** How long steps are made in one go, so that requests of the same process are not kept waiting. */
const sliceMs = 4
/** What is short is never interrupted, so that it is the same every time, however busy the machine is. */
const shortEntries = 1_000

/** Makes all steps without a break. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Makes all steps, and lets others go first every few milliseconds. */
export async function inSlices<Result>(steps: Steps<Result>): Promise<Result> {
  let begunAt = performance.now()
  let entries = 0
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    entries += step.value
    if (entries <= shortEntries || performance.now() - begunAt < sliceMs) continue
    await setImmediate()
    begunAt = performance.now()
  }
}
