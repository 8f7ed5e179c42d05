import type { Reporter, TestModule, TestSuite } from 'vitest/node'

/** Ends a test run with one plain line, names what was skipped, and makes skips fatal under REQUIRE_SERVERS=1. */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const ended = (state: string) => tests.filter((test) => test.result().state === state)
    const skipped = ended('skipped')
    const failed = ended('failed').length + modules.flatMap(brokenParts).length + errors.length
    for (const test of skipped) console.log(`skipped: ${test.module.relativeModuleId}: ${test.fullName}`)
    if (skipped.length > 0 && process.env['REQUIRE_SERVERS'] === '1') {
      console.log('REQUIRE_SERVERS=1 forbids skipped tests')
      process.exitCode = 1
    }
    console.log(`${ended('passed').length} passed, ${failed} failed, ${skipped.length} skipped`)
  }
}

/** The files and suites that failed outside of their tests: a syntax error, a hook. */
function brokenParts(module: TestModule): readonly (TestModule | TestSuite)[] {
  return [module, ...module.children.allSuites()].filter((part) => part.errors().length > 0)
}
