import { storageError } from './classify-error.ts'
import { provesCreateOnly } from './proves-create-only.ts'
import type { CallOptions, PutOptions, StorageAdapter } from './storage-adapter.ts'
import { StorageError } from './storage-error.ts'

export interface CreateOnlyProbeOptions {
  /** Where the probe object is kept; nothing else may be. */
  readonly key: string
  /** How long a proof is good for, in milliseconds. Default one hour. */
  readonly everyMs?: number | undefined
  /**
   * What an operator may state: nobody but this object ever creates keys in the store. A store that does not enforce
   * create-only writes is then used all the same, by looking before each of them. With a second writer, on another machine
   * or in another object, the two overwrite each other unnoticed. Nor can such a store refuse a write that was given up
   * (`timeout`, an abort) and lands late: it overwrites what a later call has created by then. Default false.
   */
  readonly singleWriter?: boolean | undefined
  /** Milliseconds since whenever. Default `performance`. */
  readonly clock?: { now(): number } | undefined
}

/**
 * Before a create-only `put`, proves that the store enforces them (the first time, then every hour; see
 * `provesCreateOnly`), and refuses with `unsupported` when it does not. Everything else is passed on as it is.
 *
 * With `singleWriter` the adapter can always create only. Of two of its calls for one key at the same time, one is told
 * `conflict`.
 */
export function withCreateOnlyProbe(adapter: StorageAdapter, options: CreateOnlyProbeOptions): StorageAdapter {
  const { key: probeKey, everyMs = 3_600_000, singleWriter = false, clock = performance } = options
  let last: { readonly isEnforced: boolean; readonly at: number } | undefined
  const creating = new Set<string>()

  async function isEnforced(callOptions: CallOptions): Promise<boolean> {
    if (last !== undefined && Math.abs(clock.now() - last.at) < everyMs) return last.isEnforced
    const proved = await provesCreateOnly(adapter, probeKey, callOptions)
    // A refusal is not remembered: an operator may be about to set it right.
    last = proved || singleWriter ? { isEnforced: proved, at: clock.now() } : undefined
    return proved
  }

  async function lookAndPut(key: string, bytes: Uint8Array, { signal }: PutOptions): Promise<string> {
    const origin = { storage: adapter.name, operation: 'put', key } as const
    if (creating.has(key)) throw storageError(origin, 'conflict', `"${key}" is being created by another call`)
    creating.add(key)
    try {
      if (await exists(key, { signal })) throw storageError(origin, 'already-exists', `"${key}" exists`)
      return await adapter.put(key, bytes, { signal })
    } finally {
      creating.delete(key)
    }
  }

  async function exists(key: string, { signal }: CallOptions): Promise<boolean> {
    try {
      // Its bytes are not wanted.
      return (await adapter.get(key, { maximumBytes: 0, signal })) !== undefined
    } catch (error) {
      if (StorageError.isInstance(error) && error.code === 'too-large') return true
      throw error
    }
  }

  return {
    name: adapter.name,
    capabilities: { createOnly: singleWriter || adapter.capabilities.createOnly },
    get: adapter.get.bind(adapter),
    list: adapter.list.bind(adapter),
    delete: adapter.delete.bind(adapter),
    async put(key, bytes, putOptions = {}) {
      if (putOptions.ifAbsent !== true) return adapter.put(key, bytes, putOptions)
      if (await isEnforced(putOptions)) return adapter.put(key, bytes, putOptions)
      if (singleWriter) return lookAndPut(key, bytes, putOptions)
      throw storageError(
        { storage: adapter.name, operation: 'put', key },
        'unsupported',
        'create-only writes (ifAbsent) are not enforced, so writers could overwrite each other',
      )
    },
  }
}
