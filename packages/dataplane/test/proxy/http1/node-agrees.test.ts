import { METHODS } from 'node:http'
import { describe, expect, it } from 'vitest'
import { fieldRecord } from '../../../src/proxy/http1/field-block.ts'
import { requestMethods } from '../../../src/proxy/http1/request-methods.ts'
import { malformedMessages } from './malformed-messages.ts'
import { nodeReadsRequests, nodeReadsResponses, type NodeReading } from './node-parser.ts'
import { randomBytes } from './random-bytes.ts'
import { readRequests, readResponses, type ReadBytes } from './read-messages.ts'

/** Of each side; more (1,000,000, say) by hand. */
const inputs = Number(process.env['FUZZ_INPUTS'] ?? 20_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const batch = 200

interface Disagreement {
  readonly bytes: string
  readonly about: string
}

/** What node:http, which is laxer, must see too when this parser has accepted something. */
function disagreement<Head extends { readonly fields: string }>(
  ours: ReadBytes<Head>,
  node: NodeReading,
  startLine: (head: Head, incoming: NodeReading['messages'][number]['incoming']) => boolean,
): string | undefined {
  for (const [at, message] of ours.messages.entries()) {
    const theirs = node.messages[at]
    if (theirs === undefined) return `message ${at} is none: ${node.error}`
    if (!startLine(message.head, theirs.incoming)) return `the start of message ${at}`
    if (!sameFields(message.head.fields, theirs.incoming.rawHeaders)) return `the fields of message ${at}`
    if (!message.complete) continue
    if (!theirs.complete) return `message ${at} is not complete: ${node.error}`
    if (theirs.body !== message.body) return `the body of message ${at}`
    if (!sameFields(message.trailers, theirs.incoming.rawTrailers)) return `the trailers of message ${at}`
  }
  return undefined
}

function sameFields(fields: string, raw: readonly string[]): boolean {
  const lines = raw.flatMap((name, at) =>
    at % 2 === 0 ? [`${name}:${raw[at + 1]?.replaceAll(/^[ \t]+|[ \t]+$/g, '')}\r\n`] : [],
  )
  return JSON.stringify(fieldRecord(fields)) === JSON.stringify(fieldRecord(lines.join('')))
}

async function fuzz(
  side: 'request' | 'response',
  corpus: readonly Buffer[],
): Promise<{ accepted: number; found: Disagreement[] }> {
  const source = randomBytes(side, seed, corpus)
  const found: Disagreement[] = []
  let accepted = 0
  for (let done = 0; done < inputs && found.length < 10; done += batch) {
    const samples = Array.from({ length: batch }, () => source.next())
    const pieces = samples.map((sample) => sample.pieces)
    const node = await (side === 'request' ? nodeReadsRequests(pieces) : nodeReadsResponses(pieces))
    for (const [at, sample] of samples.entries()) {
      const about =
        side === 'request' ? aboutRequests(sample.pieces, node[at]) : aboutResponses(sample.pieces, node[at])
      accepted += about.accepted
      if (about.trouble !== undefined) found.push({ bytes: sample.bytes.toString('latin1'), about: about.trouble })
    }
  }
  return { accepted, found }
}

function aboutRequests(pieces: readonly Buffer[], node: NodeReading = { messages: [], error: undefined }) {
  const ours = readRequests(pieces)
  return {
    accepted: ours.messages.filter(({ complete }) => complete).length,
    trouble: disagreement(
      ours,
      node,
      (head, incoming) =>
        head.method === incoming.method &&
        incoming.url?.replace(/^https?:\/\/[^/?]*\/?/i, '/') === head.path &&
        `1.${head.minorVersion}` === incoming.httpVersion,
    ),
  }
}

/** Interim answers are not compared: node:http has another event for each kind. */
function aboutResponses(pieces: readonly Buffer[], node: NodeReading = { messages: [], error: undefined }) {
  const read = readResponses(pieces)
  const ours = { ...read, messages: read.messages.filter(({ head }) => head.code >= 200) }
  return {
    accepted: ours.messages.filter(({ complete }) => complete).length,
    trouble: disagreement(ours, node, (head, incoming) => head.code === incoming.statusCode),
  }
}

describe('the parser beside that of node:http', () => {
  it('never accepts a request that node:http refuses, and never sees other requests in the same bytes', async () => {
    const corpus = malformedMessages('requests').map(({ bytes }) => bytes)
    const { accepted, found } = await fuzz('request', corpus)
    expect(found).toEqual([])
    expect(accepted).toBeGreaterThan(inputs / 10)
  })

  it('never accepts an answer that node:http refuses, and never sees another answer in the same bytes', async () => {
    const corpus = malformedMessages('responses').map(({ bytes }) => bytes)
    const { accepted, found } = await fuzz('response', corpus)
    expect(found).toEqual([])
    expect(accepted).toBeGreaterThan(inputs / 10)
  })

  it('knows no method that node:http does not', () => {
    expect([...requestMethods].filter((method) => !METHODS.includes(method))).toEqual([])
  })
})
