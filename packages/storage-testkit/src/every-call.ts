import type { StorageAdapter } from '@outlast/storage'

import { collect } from './collect.ts'

/**
 * Makes one call of every kind at the same time, and resolves with what each rejected with: `undefined` for a
 * success. For tests of what is alike for all of them: a server that hangs, a proxy's page, a refusal.
 *
 * The calls are `get`, `put`, `put` with `ifAbsent`, `list` and `delete`, all for the key `key`.
 */
export async function everyCall(adapter: StorageAdapter): Promise<unknown[]> {
  const outcomes = await Promise.allSettled([
    adapter.get('key'),
    adapter.put('key', new Uint8Array(1_000)),
    adapter.put('key', new Uint8Array(1_000), { ifAbsent: true }),
    collect(adapter.list('')),
    adapter.delete('key'),
  ])
  return outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined))
}
