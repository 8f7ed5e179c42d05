import type { FakeObject } from './fake-bucket.ts'
import { refusals } from './refusal.ts'

export const preconditionParameters = ['ifGenerationMatch', 'ifGenerationNotMatch']

/**
 * What the generation preconditions say about an object, where 0 stands for one that is absent. Only reads can be "not
 * modified".
 */
export function precondition(query: URLSearchParams, found: FakeObject | undefined): 'holds' | 'failed' | 'unmodified' {
  const current = BigInt(found?.generation ?? 0)
  const wanted = generationOf(query, 'ifGenerationMatch')
  if (wanted !== undefined && wanted !== current) return 'failed'
  const unwanted = generationOf(query, 'ifGenerationNotMatch')
  return unwanted !== undefined && unwanted === current ? 'unmodified' : 'holds'
}

/** For writes. */
export function requirePrecondition(query: URLSearchParams, found: FakeObject | undefined): void {
  if (precondition(query, found) !== 'holds') throw refusals.conditionNotMet()
}

function generationOf(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  // A signed 64-bit number.
  if (!/^\d{1,18}$/.test(text)) throw refusals.invalidParameter(name, `Invalid long value: '${text}'.`)
  return BigInt(text)
}
