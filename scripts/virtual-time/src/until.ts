import { settled } from './settled.ts'

/** Far more than anything takes, also on a machine that is busy with other things; less than a test may take. */
const patienceMs = 30_000

/**
 * Waits, in real time, for something that will come true without a clock being turned, and for what goes on at the same
 * moment after that.
 */
export async function until(
  isTrue: () => boolean,
  what: string | (() => string),
  withinMs: number = patienceMs,
): Promise<void> {
  const givenUpAt = performance.now() + withinMs
  while (!isTrue()) {
    if (performance.now() > givenUpAt) throw new Error(`never came true: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await settled()
}
