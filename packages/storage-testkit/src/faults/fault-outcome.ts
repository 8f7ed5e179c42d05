import { StorageError, type StorageAdapter, type StorageErrorCode } from '@outlast/storage'

import { settledWithin, type Settlement } from '../settled-within.ts'
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
  const end = await settledWithin(storageCalls[call](adapter), faultCase.timeoutMs + toleranceMs)
  const elapsedMs = performance.now() - begin
  return { call, elapsedMs, ...judged(end, faultCase) }
}

function judged(end: Settlement<unknown>, faultCase: FaultCase): Omit<FaultOutcome, 'call' | 'elapsedMs'> {
  if (end.status === 'pending') {
    const problem = `did not end at its deadline of ${faultCase.timeoutMs} ms`
    return { code: 'pending', retryable: undefined, problem }
  }
  if (end.status === 'fulfilled') {
    const problem = faultCase.accepts?.(end.value) === true ? undefined : 'took the answer for one of the store'
    return { code: 'ok', retryable: undefined, problem }
  }
  const error: unknown = end.reason
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
