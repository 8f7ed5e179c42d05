import { withPrefix, type StorageAdapter } from '@outlast/storage'

import type { CheckGroup } from './check-group.ts'
import { aborts } from './checks/aborts.ts'
import { badCredentials } from './checks/bad-credentials.ts'
import { buffers } from './checks/buffers.ts'
import { conditionalGet } from './checks/conditional-get.ts'
import { createOnly, undeclaredCreateOnly } from './checks/create-only.ts'
import { deletion } from './checks/deletion.ts'
import { keys } from './checks/keys.ts'
import { listing } from './checks/listing.ts'
import { missingBucket } from './checks/missing-bucket.ts'
import { maximumBytes } from './checks/maximum-bytes.ts'
import { overwriting } from './checks/overwriting.ts'
import { roundTrip } from './checks/round-trip.ts'
import { twoAdapters } from './checks/two-adapters.ts'
import type { ConformanceRunner } from './conformance-runner.ts'
import { faultGroups } from './fault-conformance.ts'
import type { StorageFaults } from './faults/storage-faults.ts'
import { usingStorage, type OpenPair, type OpenStorage } from './open-storage.ts'
import { declareStandalone } from './standalone-group.ts'

export interface StorageConformanceOptions {
  /** `{ describe, it }` of vitest or node:test. */
  readonly runner: ConformanceRunner
  /** Opens a fresh, empty store; called once for every check. */
  readonly create: OpenStorage
  /** Shown in the test names: the adapter, and what it runs against. Default `storage`. */
  readonly name?: string | undefined
  /** What the adapter is expected to declare as `capabilities.createOnly`. Default true. */
  readonly createOnly?: boolean | undefined
  /** How many keys the long listing has; more than one page of the real store shows most. Default 300. */
  readonly listingSize?: number | undefined
  /** Size of the largest object that is written and read. Default 20 MiB. */
  readonly largestBodyBytes?: number | undefined
  /** Opens two adapters on one fresh, empty store. Without it that is not checked. */
  readonly pair?: OpenPair | undefined
  /** Opens the adapter on a bucket that does not exist. Without it that is not checked. */
  readonly missingBucket?: OpenStorage | undefined
  /** Opens the adapter with credentials that the store refuses. Without it that is not checked. */
  readonly badCredentials?: OpenStorage | undefined
  /** Brings the adapter to servers that misbehave. Without it that is not checked. */
  readonly faults?: StorageFaults | undefined
}

/**
 * Declares the tests that prove an adapter's promises, for the store itself and for a part of it under a
 * prefix. Every check opens its own store, so checks may run at the same time.
 */
export function storageConformance(options: StorageConformanceOptions): void {
  const { runner, name = 'storage', listingSize = 300, largestBodyBytes = 20 * 2 ** 20 } = options
  const isCreateOnly = options.createOnly ?? true
  const groups = [
    roundTrip({ largestBodyBytes }),
    maximumBytes,
    overwriting,
    conditionalGet,
    isCreateOnly ? createOnly : undeclaredCreateOnly,
    deletion,
    listing({ size: listingSize }),
    keys,
    buffers,
    aborts,
  ]
  const standalone = [
    ...(options.pair ? [twoAdapters({ open: options.pair, createOnly: isCreateOnly })] : []),
    ...(options.faults ? faultGroups(options.faults, isCreateOnly) : []),
  ]

  const declare = (group: CheckGroup, open: OpenStorage, place: (adapter: StorageAdapter) => StorageAdapter): void => {
    runner.describe(group.name, () => {
      group.declare((checkName, body) => {
        runner.it(checkName, () => usingStorage(open, (adapter) => body(place(adapter))))
      })
    })
  }

  runner.describe(`${name} keeps the storage contract`, () => {
    runner.describe('as it is', () => {
      for (const group of groups) declare(group, options.create, (adapter) => adapter)
      if (options.missingBucket) declare(missingBucket, options.missingBucket, (adapter) => adapter)
      if (options.badCredentials) declare(badCredentials, options.badCredentials, (adapter) => adapter)
      for (const group of standalone) declareStandalone(group, runner)
    })
    runner.describe('under a prefix', () => {
      for (const group of groups) declare(group, options.create, (adapter) => withPrefix(adapter, 'team a/gateway'))
    })
  })
}
