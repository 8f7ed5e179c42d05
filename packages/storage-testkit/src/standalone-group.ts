import type { ConformanceRunner } from './conformance-runner.ts'

/** Like a `CheckGroup`, but its checks open what they need themselves. */
export interface StandaloneGroup {
  readonly name: string
  declare(check: (name: string, body: () => Promise<void>) => void): void
}

export function declareStandalone(group: StandaloneGroup, runner: ConformanceRunner): void {
  runner.describe(group.name, () => {
    group.declare((name, body) => {
      runner.it(name, body)
    })
  })
}
