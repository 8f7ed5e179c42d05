import { setImmediate } from 'node:timers/promises'

/** Work that can be interrupted after each step, and what it comes to. */
export type Steps<Result> = Generator<void, Result, void>

/** How long steps are made in one go, so that requests of the same process are not kept waiting. */
const sliceMs = 4

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
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() - begunAt < sliceMs) continue
    await setImmediate()
    begunAt = performance.now()
  }
}
