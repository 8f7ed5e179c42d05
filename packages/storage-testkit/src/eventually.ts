import { setTimeout as wait } from 'node:timers/promises'

const pauseMs = 10

/** Asks until the answer is yes, for this long at most. */
export async function eventually(question: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs
  while (!(await question())) {
    if (performance.now() > endMs) return false
    await wait(pauseMs)
  }
  return true
}
