import type { Reporter, TestModule } from 'vitest/node'

/** Ends a test run with one plain line, names what was skipped, and makes skips fatal under REQUIRE_SERVERS=1. */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const ended = (state: string) => tests.filter((test) => test.result().state === state)
    const skipped = ended('skipped')
    const brokenModules = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0)
    const failed = ended('failed').length + brokenModules.length + errors.length
    for (const test of skipped) console.log(`skipped: ${test.module.moduleId}: ${test.fullName}`)
    if (skipped.length > 0 && process.env['REQUIRE_SERVERS'] === '1') {
      console.log('REQUIRE_SERVERS=1: a skipped test counts as a failure')
      process.exitCode = 1
    }
    console.log(`${ended('passed').length} passed, ${failed} failed, ${skipped.length} skipped`)
  }
}
