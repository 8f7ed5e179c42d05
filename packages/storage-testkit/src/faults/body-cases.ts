import type { ChaosFault } from '../chaos/chaos-fault.ts'
import { callKinds, type CallKind } from '../storage-calls.ts'
import { longTimeoutMs, shortTimeoutMs } from './deadlines.ts'
import type { FaultCase } from './fault-case.ts'
import { startAnswers } from './fault-server.ts'
import { headOf, type HttpAnswer } from './http-answer.ts'
import { privateWords } from './private-words.ts'
import type { StorageFaults } from './storage-faults.ts'

// A write may have read all that it needs once the head has come.
const reads: readonly CallKind[] = ['get', 'list']
const body = privateWords.repeat(100)

/** An answer that begins well. */
export function bodyCases({ objectHeaders = { etag: '"1"' } }: StorageFaults): FaultCase[] {
  const object: HttpAnswer = { status: 200, headers: objectHeaders, body }
  const withHeaders = (headers: HttpAnswer['headers']): HttpAnswer => ({
    ...object,
    headers: { ...objectHeaders, ...headers },
  })
  const halfway = Buffer.byteLength(headOf(object)) + body.length / 2
  const chunked = withHeaders({ 'content-length': undefined, 'transfer-encoding': 'chunked' })
  const start =
    (answer: HttpAnswer, fault?: ChaosFault): FaultCase['start'] =>
    () =>
      startAnswers(() => answer, fault)

  const common = { calls: reads, retryable: true }
  const broken = {
    ...common,
    codes: ['unavailable', 'invalid-response'],
    hangs: false,
    timeoutMs: longTimeoutMs,
  } as const
  // The beginning of a body may be enough to see that it is no listing.
  const stalled = {
    ...common,
    codes: ['timeout', 'invalid-response'],
    hangs: true,
    timeoutMs: shortTimeoutMs,
  } as const
  return [
    {
      ...stalled,
      name: 'stalls in the headers',
      calls: callKinds,
      codes: ['timeout'],
      start: start(object, { blackHoleAfterBytes: 20 }),
    },
    { ...stalled, name: 'stalls in the body', start: start(object, { blackHoleAfterBytes: halfway }) },
    { ...stalled, name: 'sends its answer drop by drop', start: start(object, { bytesPerSecond: 1_000 }) },
    { ...broken, name: 'resets the connection in the body', start: start(object, { resetAfterBytes: halfway }) },
    { ...broken, name: 'closes the connection in the body', start: start(object, { cutAfterBytes: halfway }) },
    {
      ...broken,
      name: 'closes the connection in a body of unknown length',
      start: start({ ...chunked, body: `${(2 * body.length).toString(16)}\r\n${body}` }),
    },
    {
      ...broken,
      name: 'closes the connection after a piece of a body of unknown length',
      start: start({ ...chunked, body: `${body.length.toString(16)}\r\n${body}\r\n` }),
    },
    {
      ...broken,
      name: 'sends less than it announces',
      start: start(withHeaders({ 'content-length': String(body.length + 1) })),
    },
    {
      ...broken,
      name: 'sends more than it announces',
      start: start(withHeaders({ 'content-length': String(body.length / 2) })),
      // By RFC 9112, section 6.3, the body ends where the announced length does.
      accepts: (value) => lengthOf(value) === body.length / 2,
    },
    {
      ...broken,
      name: 'announces no length, so that the end might be a cut',
      start: start(withHeaders({ 'content-length': undefined })),
    },
  ]
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return undefined
  return value.bytes instanceof Uint8Array ? value.bytes.length : undefined
}
