import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './scripts/closing-line-reporter.ts'

// Tests run against the sources of every workspace package, so they need no build.
const conditions = ['@outlast/source', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    reporters: ['default', new ClosingLineReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'outlast',
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'scripts/*/test/**/*.test.ts',
            'examples/*.test.ts',
          ],
          // Only against what never ends: what takes seconds on an idle machine may take a minute on a busy one.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // For what comes true by itself, on a machine that has much else to do.
          expect: { poll: { timeout: 30_000 } },
        },
      },
    ],
  },
})
