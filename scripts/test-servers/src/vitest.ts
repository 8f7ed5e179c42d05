// This file makes a `describe`; it is no test file, although the rules take it for one.
/* oxlint-disable vitest/no-conditional-tests, vitest/valid-title, vitest/valid-describe-callback, vitest/no-disabled-tests, vitest/expect-expect */
import { describe, it } from 'vitest'

import { whyMissing, type ServerName } from './server-catalogue.ts'

/**
 * `describe` for tests that need a real server. Without the server the suite is skipped, and its title
 * says why; with REQUIRE_SERVERS=1 it fails instead.
 */
export function describeWithServer(server: ServerName, title: string, suite: () => void): void {
  const reason = whyMissing(server)
  if (reason === undefined) {
    describe(title, suite)
  } else if (process.env['REQUIRE_SERVERS'] === '1') {
    describe(title, () => {
      it(`needs ${server}`, () => {
        throw new Error(`${reason}, and REQUIRE_SERVERS=1 forbids skipping`)
      })
    })
  } else {
    // One line for the whole suite, whose tests may be hundreds.
    describe.skip(title, () => {
      it(`all of it, because ${reason}`, () => undefined)
    })
  }
}
