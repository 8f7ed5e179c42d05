import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { malformedMessages } from './malformed-messages.ts'
import { readRequests, readResponses } from './read-messages.ts'

const requests = [
  'GET /a?b HTTP/1.1\r\nHost: a.test\r\nX: \xe9\r\n\r\nPOST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello',
  '\r\nPOST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5;a="\\""\r\nhello\r\n0a\r\n0123456789\r\n0\r\nX: 1\r\nY: 2\r\n\r\n' +
    '\r\nGET / HTTP/1.0\r\n\r\nmore',
]
const responses = [
  'HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\nmore',
  'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello, more',
  'HTTP/1.0 200 OK\r\n\r\nuntil the end',
]

const readers = [
  ['request', readRequests, requests, malformedMessages('requests')],
  ['answer', readResponses, responses, malformedMessages('responses')],
] as const

/** In two pieces, at every position. */
function splits(bytes: Buffer): Buffer[][] {
  return Array.from({ length: bytes.length - 1 }, (_, at) => [bytes.subarray(0, at + 1), bytes.subarray(at + 1)])
}

describe('bytes that come in pieces', () => {
  for (const [side, read, good, malformed] of readers) {
    it(`are the same ${side} wherever they are split`, () => {
      // What is long is so because of one part that repeats.
      const samples = [...good.map((text) => Buffer.from(text, 'latin1')), ...malformed.map(({ bytes }) => bytes)]
      for (const bytes of samples.filter(({ length }) => length < 1000)) {
        const whole = outcome(read([bytes]))
        for (const pieces of splits(bytes)) expect(outcome(read(pieces))).toEqual(whole)
      }
    })
  }

  it('pass on nothing of a chunk extension that some server could take for its end, before its end has come', () => {
    const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'
    const controls = [...Array.from({ length: 0x20 }, (_, code) => code), 0x7f].filter(
      (code) => code !== 0x09 && code !== 0x0d,
    )
    for (const control of controls) {
      const bytes = Buffer.from(`5;a${String.fromCharCode(control)}hello`, 'latin1')
      for (const pieces of [[bytes], ...splits(bytes)]) {
        const { messages, refusal } = readRequests([Buffer.from(head), ...pieces])
        expect(refusal).toBe(400)
        expect('5;a'.startsWith(messages[0]?.wire ?? 'nothing')).toBe(true)
      }
    }
  })

  const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/)
  const value = fc.stringMatching(/^[!-~]([\t -~]{0,20}[!-~])?$/)
  const chunk = fc.record({
    payload: fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }),
    extension: fc.oneof(
      fc.constant(''),
      fc.tuple(token, token).map(([name, of]) => `;${name}=${of}`),
    ),
  })
  const message = fc.record({
    path: fc.stringMatching(/^\/[a-z0-9/?=&%~-]{0,20}$/),
    fields: fc.array(
      fc.tuple(
        token.map((name) => `X-${name}`),
        value,
      ),
      { maxLength: 5 },
    ),
    chunks: fc.option(fc.array(chunk, { maxLength: 5 })),
    trailers: fc.array(
      fc.tuple(
        token.map((name) => `X-${name}`),
        value,
      ),
      { maxLength: 2 },
    ),
  })

  it('are the requests that were sent, in any number of pieces', () => {
    const cuts = fc.array(fc.nat(400), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), cuts, (sent, at) => {
        const lines = (fields: readonly (readonly [string, string])[]) =>
          fields.map(([name, of]) => `${name}: ${of}\r\n`).join('')
        const wires = sent.map(({ chunks, trailers }) =>
          chunks === null
            ? ''
            : `${chunks.map(({ payload, extension }) => `${payload.length.toString(16)}${extension}\r\n${payload}\r\n`).join('')}0\r\n${lines(trailers)}\r\n`,
        )
        const text = sent.map(
          ({ path, fields, chunks }, index) =>
            `POST ${path} HTTP/1.1\r\nHost: a.test\r\n${lines(fields)}` +
            `${chunks === null ? '' : 'Transfer-Encoding: chunked\r\n'}\r\n${wires[index]}`,
        )
        const { messages, refusal } = readRequests(inPieces(Buffer.from(text.join(''), 'latin1'), at))
        expect(refusal).toBeUndefined()
        expect(
          messages.map(({ head, body, trailers, complete }) => [head.path, head.endToEnd, body, trailers, complete]),
        ).toEqual(
          sent.map(({ path, fields, chunks, trailers }) => [
            path,
            lines(fields),
            (chunks ?? []).map(({ payload }) => payload).join(''),
            chunks === null ? '' : lines(trailers),
            true,
          ]),
        )
        // What is passed on as it is and what is held back make the whole.
        for (const [index, { wire, trailers }] of messages.entries()) {
          expect(wire + (wire === '' ? '' : `${trailers}\r\n`)).toBe(wires[index])
        }
      }),
    )
  })
})

function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end)).filter(({ length }) => length > 0)
}

function outcome({ messages, refusal }: ReturnType<typeof readRequests> | ReturnType<typeof readResponses>) {
  return {
    refusal,
    messages: messages.map(({ head, complete, body, wire, trailers }) =>
      // Of a body that turns out malformed nothing is promised.
      complete ? { head, body, wire, trailers } : { head },
    ),
  }
}
