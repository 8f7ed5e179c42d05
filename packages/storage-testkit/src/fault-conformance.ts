import { badNetwork } from './checks/bad-network.ts'
import { misbehavingServer } from './checks/misbehaving-server.ts'
import type { ConformanceRunner } from './conformance-runner.ts'
import type { StorageFaults } from './faults/storage-faults.ts'
import { declareStandalone, type StandaloneGroup } from './standalone-group.ts'

export interface FaultConformanceOptions {
  /** `{ describe, it }` of vitest or node:test. */
  readonly runner: ConformanceRunner
  readonly faults: StorageFaults
  /** Shown in the test names. Default `storage`. */
  readonly name?: string | undefined
  /** What the adapter is expected to declare as `capabilities.createOnly`. Default true. */
  readonly createOnly?: boolean | undefined
}

/** The part of `storageConformance` that needs no store, unless there is an `upstream`: what servers and networks get wrong. */
export function faultConformance(options: FaultConformanceOptions): void {
  const { runner, faults, name = 'storage', createOnly = true } = options
  runner.describe(`${name} keeps the storage contract`, () => {
    for (const group of faultGroups(faults, createOnly)) declareStandalone(group, runner)
  })
}

/** The groups of checks that these faults call for. */
export function faultGroups(faults: StorageFaults, createOnly: boolean): readonly StandaloneGroup[] {
  const { upstream } = faults
  if (upstream === undefined) return [misbehavingServer(faults)]
  return [misbehavingServer(faults), badNetwork({ faults, upstream, createOnly })]
}
