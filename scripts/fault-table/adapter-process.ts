/**
 * What `runCases` runs: all cases of the adapter that its argument names, one after the other, in a process that a
 * crash would end. Prints a line of JSON for each.
 */
import { setTimeout } from 'node:timers/promises'
import { faultCases, runFaultCase } from '@outlast/storage-testkit'
import { adapters } from './adapters.ts'
import type { CaseResult } from './case-result.ts'

const faults = adapters[process.argv[2] ?? '']
if (faults === undefined) throw new TypeError(`there is no adapter ${process.argv[2]}`)
const [first, ...rest] = faultCases(faults)
if (first === undefined) throw new TypeError('there are no cases')
// The SDK is loaded by the first call; that belongs to no fault.
await runFaultCase(first, faults)

// Standard output is opened by its first use, which belongs to no fault either.
const { stdout } = process
const atRest = process.getActiveResourcesInfo()
for (const faultCase of [first, ...rest]) {
  const { name, timeoutMs } = faultCase
  const report = await runFaultCase(faultCase, faults)
  const result: CaseResult = { ...report, name, timeoutMs, leftOpen: await leftOpen() }
  stdout.write(`${JSON.stringify(result)}\n`)
}

/** What is open now and was not at rest, once it has had the time to go away. */
async function leftOpen(): Promise<readonly string[]> {
  const patienceMs = 2_000
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    const remaining = process.getActiveResourcesInfo()
    for (const resource of atRest) {
      const index = remaining.indexOf(resource)
      if (index !== -1) remaining.splice(index, 1)
    }
    if (remaining.length === 0 || performance.now() > giveUpAt) return remaining
    await setTimeout(20)
  }
}
