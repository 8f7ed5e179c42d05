import { classifyError, storageError } from './classify-error.ts'
import { compareKeys } from './compare-keys.ts'
import { keyProblem, prefixProblem, textProblem } from './key-rules.ts'
import { stepRunner } from './step-runner.ts'
import type { ListOptions } from './storage-adapter.ts'
import type { StorageDefinition } from './storage-definition.ts'

export interface GuardedListOptions extends ListOptions {
  readonly definition: StorageDefinition
  readonly name: string
  readonly timeoutMs: number
  readonly prefix: string
}

/** A definition's listing with deadline and signal on every step, `after` and `limit` honoured, and the order checked. */
export async function* guardedList(options: GuardedListOptions): AsyncGenerator<string, void, undefined> {
  const { definition, name, timeoutMs, prefix, after, limit, signal } = options
  const origin = { storage: name, operation: 'list', key: prefix } as const
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new TypeError('limit must be a whole number, 0 or more')
  }
  const problem = prefixProblem(prefix)
  if (problem !== undefined) throw storageError(origin, 'invalid-key', `the prefix ${problem}`)
  const afterProblem = after === undefined ? undefined : textProblem(after)
  if (afterProblem !== undefined) throw storageError(origin, 'invalid-key', `"after" ${afterProblem}`)
  signal?.throwIfAborted()
  if (limit === 0) return

  const controller = new AbortController()
  const onTimeout = (): Error =>
    storageError(origin, 'timeout', `a page of "${prefix}" did not arrive within ${timeoutMs} ms`)
  let iterator: AsyncIterator<string> | undefined
  const next = async (): Promise<IteratorResult<string, unknown>> => {
    try {
      iterator ??= definition.list(prefix, { after, limit, signal: controller.signal })[Symbol.asyncIterator]()
      return await iterator.next()
    } catch (error) {
      throw classifyError(error, origin, definition)
    }
  }

  const steps = stepRunner({ controller, signal, timeoutMs, onTimeout })
  let previous: string | undefined
  let left = limit ?? Infinity
  try {
    while (left > 0) {
      const { value: key, done } = await steps.run(next)
      if (done) return
      if (typeof key !== 'string' || !key.startsWith(prefix)) {
        throw storageError(origin, 'invalid-response', `the listing of "${prefix}" has a key outside of it`)
      }
      if (previous !== undefined && compareKeys(previous, key) >= 0) {
        throw storageError(origin, 'invalid-response', `the listing of "${prefix}" is not in UTF-8 byte order`)
      }
      previous = key
      if (after !== undefined && compareKeys(key, after) <= 0) continue
      // Somebody else's object in the bucket: no key of ours, and nothing that `get` would take.
      if (keyProblem(key) !== undefined) continue
      left -= 1
      yield key
    }
  } finally {
    steps.close()
    controller.abort()
    // Not awaited: a generator that hangs in a page would keep the caller here for ever.
    void closeQuietly(iterator)
  }
}

async function closeQuietly(iterator: AsyncIterator<string> | undefined): Promise<void> {
  try {
    await iterator?.return?.()
  } catch {
    // The listing has been answered; how its clean-up went concerns nobody.
  }
}
