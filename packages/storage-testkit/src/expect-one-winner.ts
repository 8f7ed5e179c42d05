import assert from 'node:assert/strict'

import { StorageError, type StorageAdapter } from '@outlast/storage'

import { expectObject } from './expectations.ts'
import { sampleBytes } from './sample-bytes.ts'

/** Lets every adapter create the same key at the same time, each with other bytes. They have to share one store. */
export async function expectOneWinner(key: string, creators: readonly StorageAdapter[]): Promise<void> {
  const contents = creators.map((_creator, index) => sampleBytes(5_000 + 100 * index, index + 1))
  const results = await Promise.allSettled(
    creators.map(async (creator, index) => creator.put(key, contents[index] ?? new Uint8Array(), { ifAbsent: true })),
  )
  const winners = contents.filter((_content, index) => results[index]?.status === 'fulfilled')
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    const error: unknown = result.reason
    // Some stores answer a losing racer with "conflict": outcome unknown, read again.
    const fair = StorageError.isInstance(error) && (error.code === 'already-exists' || error.code === 'conflict')
    assert.ok(fair, `a loser got ${String(error)} instead of already-exists or conflict`)
  }
  assert.ok(winners.length <= 1, `${winners.length} creators were told that they had won`)
  const [winner] = winners
  assert.ok(winner !== undefined, 'no creator was told that it had won')
  for (const creator of new Set(creators)) expectObject(await creator.get(key), winner)
}
