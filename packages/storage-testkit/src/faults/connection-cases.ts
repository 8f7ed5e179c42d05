import { callKinds } from '../storage-calls.ts'
import { longTimeoutMs, shortTimeoutMs } from './deadlines.ts'
import type { FaultCase } from './fault-case.ts'
import { startFault, unresolvable } from './fault-server.ts'

/** What every connection can suffer. A client that keeps one of its own, and opens it anew, may notice only at the deadline. */
export function connectionCases(isHttp: boolean): FaultCase[] {
  const timeoutMs = isHttp ? longTimeoutMs : shortTimeoutMs
  const common = { calls: callKinds, retryable: true, hangs: false, timeoutMs }
  const late = isHttp ? [] : (['timeout'] as const)
  return [
    {
      ...common,
      name: 'accepts connections and never answers',
      codes: isHttp ? ['timeout'] : ['timeout', 'unavailable'],
      hangs: true,
      timeoutMs: shortTimeoutMs,
      start: () => startFault('black-hole'),
    },
    {
      ...common,
      name: 'resets every connection',
      codes: ['unavailable', ...late],
      start: () => startFault('reset'),
    },
    {
      ...common,
      name: 'closes every connection without an answer',
      codes: ['unavailable', 'invalid-response', ...late],
      start: () => startFault('cut'),
    },
    {
      ...common,
      name: 'refuses connections',
      codes: ['unavailable', ...late],
      start: () => startFault('refuse'),
    },
    {
      ...common,
      name: 'has a name that does not resolve',
      codes: ['unavailable', 'timeout'],
      start: async () => unresolvable,
    },
  ]
}
