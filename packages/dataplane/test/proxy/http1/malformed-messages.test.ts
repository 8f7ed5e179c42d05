import { describe, expect, it } from 'vitest'
import { malformedMessages, type MalformedMessage } from './malformed-messages.ts'
import { readRequests, readResponses } from './read-messages.ts'

const byByte = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.of(byte))

/** What was read differently than the corpus says. */
function surprises(
  corpus: readonly MalformedMessage[],
  read: (pieces: readonly Buffer[]) => {
    readonly messages: readonly { readonly complete: boolean; readonly head: object }[]
    readonly refusal: number | undefined
  },
) {
  return corpus.flatMap(({ code, what, bytes }) =>
    [[bytes], byByte(bytes)].flatMap((pieces) => {
      const { messages, refusal } = read(pieces)
      const isWhole = messages.some(({ complete, head }) => complete && !('code' in head && Number(head.code) < 200))
      return refusal === code && !isWhole ? [] : [{ what, pieces: pieces.length, refusal, isWhole }]
    }),
  )
}

describe('a message with several meanings, or none', () => {
  const requests = malformedMessages('requests')
  const responses = malformedMessages('responses')

  it('is refused, never made complete: every request of the corpus, at once and byte by byte', () => {
    expect(surprises(requests, readRequests)).toEqual([])
  })

  it('is refused, never made complete: every answer of the corpus, at once and byte by byte', () => {
    expect(surprises(responses, readResponses)).toEqual([])
  })

  it('is refused without much work: spaces inside a field do not cost the square of their number', () => {
    for (const [name, refusal] of [
      ['Content-Length', 400],
      ['Transfer-Encoding', 501],
    ] as const) {
      const fields = `Host: a.test\r\n${name}: a${' '.repeat(16_000)}b\r\n`
      const bytes = Buffer.from(`GET / HTTP/1.1\r\n${fields}\r\n`)
      // At the square, this many take minutes.
      for (let times = 0; times < 1000; times += 1) expect(readRequests([bytes]).refusal).toBe(refusal)
    }
  })

  it('has more than two hundred examples on each side', () => {
    expect(Math.min(requests.length, responses.length)).toBeGreaterThan(200)
    expect(new Set(requests.map(({ what }) => what)).size).toBe(requests.length)
    expect(new Set(responses.map(({ what }) => what)).size).toBe(responses.length)
  })
})
