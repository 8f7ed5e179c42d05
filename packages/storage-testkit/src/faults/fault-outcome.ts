import { setTimeout as wait } from 'node:timers/promises'

import { StorageError, type StorageAdapter, type StorageErrorCode } from '@outlast/storage'

import { storageCalls, type CallKind } from '../storage-calls.ts'
import { toleranceMs } from './deadlines.ts'
import type { FaultCase } from './fault-case.ts'
import { privateWords } from './private-words.ts'

/** How one call of a fault case ended. */
export interface FaultOutcome {
  readonly call: CallKind
  /** The error's code; `ok` when it resolved, `none` for an error of another class, `pending` when it did not end. */
  readonly code: StorageErrorCode | 'ok' | 'none' | 'pending'
  /** What the error says of itself. */
  readonly retryable: boolean | undefined
  readonly elapsedMs: number
  /** What is not as the contract asks; `undefined` when all is well. */
  readonly problem: string | undefined
}

/** Makes one call, and waits for its end, but not much longer than its deadline. */
export async function outcomeOf(call: CallKind, adapter: StorageAdapter, faultCase: FaultCase): Promise<FaultOutcome> {
  const begin = performance.now()
  const gaveUp = new AbortController()
  const settled = storageCalls[call](adapter).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  const late = wait(faultCase.timeoutMs + toleranceMs, 'pending' as const, { signal: gaveUp.signal })
  const end = await Promise.race([settled, late.catch(() => 'pending' as const)])
  gaveUp.abort()
  const elapsedMs = performance.now() - begin
  return { call, elapsedMs, ...judged(end, faultCase) }
}

type End = 'pending' | { readonly value: unknown } | { readonly error: unknown }

function judged(end: End, faultCase: FaultCase): Omit<FaultOutcome, 'call' | 'elapsedMs'> {
  if (end === 'pending') {
    const problem = `did not end at its deadline of ${faultCase.timeoutMs} ms`
    return { code: 'pending', retryable: undefined, problem }
  }
  if ('value' in end) {
    const problem = faultCase.accepts?.(end.value) === true ? undefined : 'took the answer for one of the store'
    return { code: 'ok', retryable: undefined, problem }
  }
  const { error } = end
  if (!StorageError.isInstance(error)) {
    return { code: 'none', retryable: undefined, problem: `rejected with ${String(error)} instead of a StorageError` }
  }
  return { code: error.code, retryable: error.retryable, problem: problemOf(error, faultCase) }
}

function problemOf(error: StorageError, { codes, retryable }: FaultCase): string | undefined {
  const { code, message } = error
  if (!codes.includes(code)) return `rejected with code ${code} (${message}) instead of ${codes.join(' or ')}`
  if (retryable !== undefined && error.retryable !== retryable) {
    return `rejected with ${code} as ${retryable ? 'not ' : ''}retryable, which it is${retryable ? '' : ' not'} here`
  }
  if (message.includes(privateWords.trim())) return 'repeats in its message what the server said'
  return undefined
}
