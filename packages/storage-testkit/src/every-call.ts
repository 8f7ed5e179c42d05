import type { StorageAdapter } from '@outlast/storage'

import { callKinds, storageCalls } from './storage-calls.ts'

/**
 * Makes one call of every kind at the same time, and resolves with what each rejected with: `undefined` for a
 * success. For tests of what is alike for all of them: a server that hangs, a proxy's page, a refusal.
 *
 * The calls are `get`, `put`, `put` with `ifAbsent`, `list` and `delete`, all for the key `key`.
 */
export async function everyCall(adapter: StorageAdapter): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(callKinds.map((kind) => storageCalls[kind](adapter)))
  return outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined))
}
