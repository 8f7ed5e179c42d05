import { StorageError, type StorageAdapter } from '@outlast/storage'
import type { SignalOptions } from './domain-context.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { unlessTooLarge } from './unless-too-large.ts'

/**
 * Creates an object and reads it back: only when the store gives the same bytes it counts as `created`, or as `there` when
 * it was before. So a reply that was lost is no failure. `taken`: the key holds something else, which is left as it is.
 * Rejects with `damaged` when the store acknowledges what it then does not give back.
 */
export async function createObject(
  storage: StorageAdapter,
  key: string,
  bytes: Uint8Array,
  { signal }: SignalOptions,
): Promise<'created' | 'there' | 'taken'> {
  let failure: StorageError | undefined
  try {
    await storage.put(key, bytes, { signal, ifAbsent: true })
  } catch (error) {
    if (!StorageError.isInstance(error)) throw error
    failure = error
  }
  const stored = await unlessTooLarge(storage.get(key, { maximumBytes: bytes.byteLength, signal }))
  if (typeof stored === 'object' && Buffer.compare(stored.bytes, bytes) === 0) {
    return failure?.code === 'already-exists' ? 'there' : 'created'
  }
  if (stored !== undefined && failure !== undefined) return 'taken'
  throw failure ?? new SnapshotError('damaged', `${storage.name} does not give back what was stored as ${key}`)
}
