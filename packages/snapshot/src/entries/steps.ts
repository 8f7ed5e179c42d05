/** Work that can be interrupted after each step, and what it comes to. `stepsInSlices` does so. */
export type Steps<Result> = Generator<void, Result, void>

/** Makes all steps without a break. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
