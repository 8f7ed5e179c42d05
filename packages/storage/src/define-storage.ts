import { checkResult } from './check-result.ts'
import { classifyError, storageError, type Origin } from './classify-error.ts'
import { guardedList } from './guarded-list.ts'
import { keyProblem } from './key-rules.ts'
import { overloadedGet } from './overloaded-get.ts'
import { runCall } from './run-call.ts'
import { maximumObjectBytes, type CallOptions, type PutOptions, type StorageAdapter } from './storage-adapter.ts'
import type { StorageDefinition } from './storage-definition.ts'
import type { StorageOperation } from './storage-error.ts'
import { traced } from './traced.ts'

export interface DefineStorageOptions {
  /** Deadline of every call (of every page, for `list`), in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * Makes a `StorageAdapter` of a definition, so that every adapter behaves alike:
 *
 * - a call ends at its deadline (`timeout`) and at its signal (with the signal's reason), whatever the
 *   definition does; with a signal that is already aborted the definition is not called
 * - keys are checked (`invalid-key`), undeclared options refused (`unsupported`)
 * - answers are checked (`invalid-response`): shapes, and the order of listings
 * - nothing is read or written that is larger than it may be (`too-large`)
 * - whatever a definition throws becomes a `StorageError` through its `mapError`
 * - every call is published on the tracing channel `outlast.storage` (`StorageTrace`)
 */
export function defineStorage(definition: StorageDefinition, options: DefineStorageOptions = {}): StorageAdapter {
  const { timeoutMs = 10_000 } = options
  if (!(timeoutMs > 0 && timeoutMs <= maximumTimeoutMs)) {
    throw new TypeError(`timeoutMs must be more than 0 and at most ${maximumTimeoutMs}`)
  }
  const name = definition.name ?? 'storage'

  async function call<T>(
    operation: Exclude<StorageOperation, 'list'>,
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal, origin: Origin) => Promise<T>,
  ): Promise<T> {
    const origin = { storage: name, operation, key }
    const problem = keyProblem(key)
    if (problem !== undefined) throw storageError(origin, 'invalid-key', `the key ${problem}`)
    const controller = new AbortController()
    const onTimeout = (): Error =>
      storageError(origin, 'timeout', `${operation} of "${key}" did not finish within ${timeoutMs} ms`)
    return runCall({ controller, signal, timeoutMs, onTimeout }, async () => {
      try {
        return await start(controller.signal, origin)
      } catch (error) {
        throw classifyError(error, origin, definition)
      }
    })
  }

  return traced({
    name,
    capabilities: { createOnly: definition.capabilities.createOnly },
    get: overloadedGet(async (key, { ifNoneMatch, maximumBytes = maximumObjectBytes, signal: callSignal }) => {
      if (!(Number.isSafeInteger(maximumBytes) && maximumBytes >= 0 && maximumBytes <= maximumObjectBytes)) {
        throw new TypeError(`maximumBytes must be a whole number from 0 to ${maximumObjectBytes}`)
      }
      const asked = { ifNoneMatch, maximumBytes }
      return call('get', key, callSignal, async (signal, origin) =>
        checkResult.get(await definition.get(key, { ...asked, signal }), asked, origin),
      )
    }),
    async put(key, bytes, putOptions: PutOptions = {}) {
      const { ifAbsent = false } = putOptions
      if (!(bytes instanceof Uint8Array)) throw new TypeError('put takes a Uint8Array')
      return call('put', key, putOptions.signal, async (signal, origin) => {
        if (ifAbsent && !definition.capabilities.createOnly) {
          throw storageError(origin, 'unsupported', 'create-only writes (ifAbsent) are not supported')
        }
        if (bytes.byteLength > maximumObjectBytes) {
          throw storageError(
            origin,
            'too-large',
            `"${key}" would have ${bytes.byteLength} bytes; at most ${maximumObjectBytes} can be stored`,
          )
        }
        return checkResult.put(await definition.put(key, bytes, { signal, ifAbsent }), origin)
      })
    },
    list: (prefix, listOptions = {}) => guardedList({ ...listOptions, definition, name, timeoutMs, prefix }),
    async delete(key, callOptions: CallOptions = {}) {
      return call('delete', key, callOptions.signal, (signal) => definition.delete(key, { signal }))
    },
  })
}

// Beyond this `setTimeout` fires at once.
const maximumTimeoutMs = 2 ** 31 - 1
