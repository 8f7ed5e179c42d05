import { setTimeout as wait } from 'node:timers/promises'

import { defineStorage, StorageError, type StorageAdapter, type StorageOperation } from '@outlast/storage'

/**
 * What goes wrong with one call.
 *
 * - `fail-before`: `unavailable`, and nothing was done
 * - `fail-after`: `unavailable`, but it was done: a write whose answer got lost. A listing breaks off halfway
 * - `hang`: no answer until the deadline or the signal, and nothing was done
 * - `truncate`: `get` gives the first half of the bytes as if they were all
 * - `wrong-order`: `list` gives its keys backwards, which `defineStorage` turns into `invalid-response`
 * - `{ delayMs }`: a correct answer, late
 * - `{ error }`: this error, as if the adapter had thrown it, and nothing was done
 */
export type Fault =
  | 'fail-before'
  | 'fail-after'
  | 'hang'
  | 'truncate'
  | 'wrong-order'
  | { readonly delayMs: number }
  | { readonly error: Error }

export interface FaultyCall {
  readonly operation: StorageOperation
  /** The key, or the prefix of a listing. */
  readonly key: string
  /** How many calls of this operation there have been, this one included. */
  readonly count: number
}

export interface FaultyStorageOptions {
  /** Asked once for every call; `undefined` lets it through. */
  onCall(call: FaultyCall): Fault | undefined
  /** Deadline of every call, in milliseconds, as with any adapter. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

/** An adapter that misbehaves as scripted, and otherwise does what `adapter` does. */
export function faultyStorage(adapter: StorageAdapter, options: FaultyStorageOptions): StorageAdapter {
  const counts = { get: 0, put: 0, list: 0, delete: 0 }

  // Resolves with what is left to do wrong once the call itself is through.
  const begin = async (operation: StorageOperation, key: string, signal: AbortSignal): Promise<Fault | undefined> => {
    const fault = options.onCall({ operation, key, count: ++counts[operation] })
    if (fault === 'fail-before') throw planned(adapter, operation, key)
    if (fault === 'hang') await new Promise(() => {})
    if (typeof fault === 'object' && 'error' in fault) throw fault.error
    if (typeof fault === 'object') await wait(fault.delayMs, undefined, { signal })
    return fault
  }

  return defineStorage(
    {
      name: adapter.name,
      capabilities: adapter.capabilities,
      async get(key, callOptions) {
        const fault = await begin('get', key, callOptions.signal)
        const object = await adapter.get(key, callOptions)
        if (fault === 'fail-after') throw planned(adapter, 'get', key)
        if (fault !== 'truncate' || object === undefined || object === 'not-modified') return object
        return { ...object, bytes: object.bytes.subarray(0, object.bytes.length / 2) }
      },
      async put(key, bytes, callOptions) {
        const fault = await begin('put', key, callOptions.signal)
        const etag = await adapter.put(key, bytes, callOptions)
        if (fault === 'fail-after') throw planned(adapter, 'put', key)
        return etag
      },
      async *list(prefix, callOptions) {
        const fault = await begin('list', prefix, callOptions.signal)
        if (fault !== 'fail-after' && fault !== 'wrong-order') return yield* adapter.list(prefix, callOptions)
        const keys: string[] = []
        for await (const key of adapter.list(prefix, callOptions)) keys.push(key)
        if (fault === 'wrong-order') return yield* keys.toReversed()
        yield* keys.slice(0, Math.ceil(keys.length / 2))
        throw planned(adapter, 'list', prefix)
      },
      async delete(key, callOptions) {
        const fault = await begin('delete', key, callOptions.signal)
        await adapter.delete(key, callOptions)
        if (fault === 'fail-after') throw planned(adapter, 'delete', key)
      },
    },
    { timeoutMs: options.timeoutMs },
  )
}

function planned(adapter: StorageAdapter, operation: StorageOperation, key: string): StorageError {
  const message = `${adapter.name}: planned failure of ${operation} "${key}"`
  return new StorageError({ code: 'unavailable', message, operation, key, storage: adapter.name })
}
