import { storageConformance, type StorageConformanceOptions } from '../src/index.ts'

export interface SuiteResult {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

/** Runs the whole suite with a runner of our own, which shows that any pair of functions will do, and counts. */
export async function runSuite(options: Omit<StorageConformanceOptions, 'runner'>): Promise<SuiteResult> {
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
  for (const { name, body } of checks) {
    await body().then(
      () => passed.push(name),
      () => failed.push(name),
    )
  }
  return { passed, failed }
}
