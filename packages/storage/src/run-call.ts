import { stepRunner, type Call } from './step-runner.ts'

/** Runs `start` as the only step of a call: see `stepRunner`. */
export async function runCall<T>(call: Call, start: () => Promise<T>): Promise<T> {
  const steps = stepRunner(call)
  try {
    return await steps.run(start)
  } finally {
    steps.close()
  }
}
