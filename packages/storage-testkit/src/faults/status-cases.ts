import type { StorageErrorCode } from '@outlast/storage'

import { callKinds } from '../storage-calls.ts'
import { longTimeoutMs } from './deadlines.ts'
import type { FaultCase } from './fault-case.ts'
import { startAnswers } from './fault-server.ts'
import type { HttpAnswer } from './http-answer.ts'
import { privateWords } from './private-words.ts'
import type { StorageFaults } from './storage-faults.ts'

const page = (status: number, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({
  status,
  headers: { 'content-type': 'text/html', ...headers },
  body: `<!DOCTYPE html><html><head><title>${privateWords}</title></head><body><h1>A page</h1></body></html>`,
})

/** Answers that are whole, and are a failure of the store or not the store's at all. */
export function statusCases({ expiredCredentials }: StorageFaults): FaultCase[] {
  const common = { calls: callKinds, hangs: false, timeoutMs: longTimeoutMs }
  const always = (
    name: string,
    answer: HttpAnswer,
    codes: readonly StorageErrorCode[],
    retryable?: boolean,
  ): FaultCase => ({ ...common, name, codes, retryable, start: () => startAnswers(() => answer) })
  const foreign = ['invalid-response', 'unavailable'] as const

  return [
    always('answers 500', page(500), ['unavailable'], true),
    always("answers with a proxy's 502", page(502), ['unavailable', 'invalid-response'], true),
    always('answers 503 with Retry-After', page(503, { 'retry-after': '1' }), ['unavailable', 'throttled'], true),
    always('answers 429', page(429), ['throttled'], true),
    always('answers 401', page(401), ['denied'], false),
    always('answers 403', page(403), ['denied'], false),
    always("answers with a proxy's 404", page(404), foreign, true),
    always("answers with a proxy's 200", page(200), foreign, true),
    {
      ...common,
      name: 'is behind a proxy that redirects to its login page',
      codes: foreign,
      retryable: true,
      start: () => startAnswers((path) => (path === '/login' ? page(200) : page(302, { location: '/login' }))),
    },
    {
      ...always('answers 200 without anything', { status: 200 }, foreign, true),
      // No length and no form says of an empty object that it is none.
      calls: ['list'],
    },
    ...(expiredCredentials === undefined
      ? []
      : [always('says that the credentials have expired', expiredCredentials, ['denied'])]),
  ]
}
