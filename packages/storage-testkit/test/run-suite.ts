import { storageConformance, type StorageConformanceOptions } from '../src/index.ts'

export interface SuiteResult {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

/** Runs the whole suite, or the checks with one of these in their names, with a runner of our own, which shows that any pair of functions will do, and counts. */
export async function runSuite(
  options: Omit<StorageConformanceOptions, 'runner'>,
  only: readonly string[] = [''],
): Promise<SuiteResult> {
  const path: string[] = []
  const checks: { readonly name: string; readonly body: () => Promise<void> }[] = []
  storageConformance({
    ...options,
    runner: {
      describe(name, body) {
        path.push(name)
        body()
        path.pop()
      },
      it: (name, body) => checks.push({ name: [...path, name].join(' > '), body }),
    },
  })
  const passed: string[] = []
  const failed: string[] = []
  const run = async ({ name, body }: { readonly name: string; readonly body: () => Promise<void> }): Promise<void> => {
    await body().then(
      () => passed.push(name),
      () => failed.push(name),
    )
  }
  const chosen = checks.filter(({ name }) => only.some((part) => name.includes(part)))
  // What waits for deadlines waits together; what computes takes turns.
  if (options.faults) await Promise.all(chosen.map(run))
  else for (const check of chosen) await run(check)
  return { passed, failed }
}
