/** The two functions that the suite needs of a test runner; those of vitest and node:test fit as they are. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}
