import type { IncomingMessage } from 'node:http'
import { startNginx } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { normalizePath } from '../../src/proxy/normalize-path.ts'
import { malformedMessages } from './http1/malformed-messages.ts'
import { randomBytes } from './http1/random-bytes.ts'
import { readRequests } from './http1/read-messages.ts'
import { nodeUpstream } from './node-upstream.ts'
import { rawClient } from './raw-client.ts'
import { routeTo, runProxy } from './running-proxy.ts'

/** Connections of random bytes, beside the corpus; more by hand. */
const rounds = Number(process.env['FUZZ_CONNECTIONS'] ?? 500)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

const corpus = malformedMessages('requests').map(({ bytes }) => bytes)

/** Requests as `METHOD target body`. */
interface Meaning {
  readonly finished: string[]
  /** Of each only the beginning was sent: an upstream may see that, or less of its body, or nothing. */
  readonly unfinished: string[]
}

/** Adds what a connection's bytes mean, as far as they have a meaning. */
function addMeaning(bytes: Buffer, { finished, unfinished }: Meaning): void {
  for (const { head, body, complete } of readRequests([bytes]).messages) {
    // A path without meaning is answered by the proxy, and its request is the last of its connection.
    if (normalizePath(head.path) === undefined) return
    const kind = complete ? finished : unfinished
    kind.push(`${head.method} ${head.path} ${body}`)
  }
}

/** Those of `seen`, which are in the order of `meant`, that are not the beginning of any of them. */
function neverMeant(seen: readonly string[], meant: readonly string[]): string[] {
  let next = 0
  return seen.filter((request) => {
    const found = meant.findIndex((whole, at) => at >= next && whole.startsWith(request))
    if (found >= 0) next = found + 1
    return found < 0
  })
}

/** Sends each connection's bytes through a proxy, one after the other; returns what the upstream should have seen. */
async function sendThrough(
  endpoint: string,
  seen: () => number | Promise<number>,
  connections: readonly { readonly bytes: Buffer; readonly pieces: readonly Buffer[] }[],
): Promise<Meaning> {
  const { port, url } = await runProxy([routeTo(endpoint)])
  const meant: Meaning = { finished: [], unfinished: [] }
  for (const { bytes, pieces } of connections) {
    addMeaning(bytes, meant)
    const client = rawClient(port)
    for (const piece of pieces) client.send(piece)
    // Who ends its side too early takes back what it has asked for.
    await expect.poll(seen, { interval: 1 }).toBeGreaterThanOrEqual(meant.finished.length)
    client.socket.end()
    await client.ended()
  }
  meant.finished.push('GET / ')
  await fetch(url)
  await expect.poll(seen, { interval: 1 }).toBeGreaterThanOrEqual(meant.finished.length)
  return meant
}

function randomConnections(count: number) {
  const source = randomBytes('request', seed, corpus)
  return Array.from({ length: count }, () => source.next())
}

/** Something malformed behind, and in front of, a good request. */
function smugglers() {
  const good = 'GET /good HTTP/1.1\r\nHost: gw.test\r\n\r\n'
  return corpus.flatMap((bytes) =>
    [[good, bytes.toString('latin1')].join(''), [bytes.toString('latin1'), good].join('')].map((text) => {
      const all = Buffer.from(text, 'latin1')
      return { bytes: all, pieces: [all] }
    }),
  )
}

/** One character per byte; and whether it came to its end. */
async function bodyOf(request: IncomingMessage): Promise<{ readonly body: string; readonly complete: boolean }> {
  const parts: Buffer[] = []
  try {
    for await (const part of request) if (part instanceof Buffer) parts.push(part)
  } catch {
    // Its connection has ended.
  }
  return { body: Buffer.concat(parts).toString('latin1'), complete: request.complete }
}

describe('the requests that an upstream sees', () => {
  for (const [what, connections] of [
    ['random bytes', () => randomConnections(rounds)],
    ['good requests next to malformed ones', smugglers],
  ] as const) {
    it(`are those that were meant, one for one: ${what}`, async () => {
      const seen: Meaning = { finished: [], unfinished: [] }
      const { endpoint } = await nodeUpstream((request, response) => {
        void bodyOf(request).then(({ body, complete }) => {
          const kind = complete ? seen.finished : seen.unfinished
          kind.push(`${request.method} ${request.url} ${body}`)
          response.end()
        })
      })
      const meant = await sendThrough(endpoint, () => seen.finished.length, connections())
      expect(seen.finished).toEqual(meant.finished)
      expect(neverMeant(seen.unfinished, meant.unfinished)).toEqual([])
    })
  }
})

describeWithServer('nginx', 'the requests that an nginx behind the proxy sees', () => {
  it('are those that were meant, one for one', async () => {
    const nginx = await startNginx()
    onTestFinished(() => nginx.stop())
    const count = async () => (await nginx.requests()).finished.length
    const connections = [...smugglers(), ...randomConnections(rounds)]
    const meant = await sendThrough(nginx.endpoint, count, connections)
    const { finished, unfinished, refused } = await nginx.requests()
    expect(finished.map(withoutEscapes)).toEqual(meant.finished)
    expect(neverMeant(unfinished.map(withoutEscapes), meant.unfinished)).toEqual([])
    expect(refused).toEqual([])
  })

  it('do not end where their client breaks off, and what comes next is no part of them', async () => {
    const nginx = await startNginx()
    onTestFinished(() => nginx.stop())
    const { port, url } = await runProxy([routeTo(nginx.endpoint)])
    for (const [path, body] of [
      ['/length', 'Content-Length: 10\r\n\r\nhello'],
      ['/chunked', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ] as const) {
      // Leaves a connection that takes the next request at once.
      await fetch(url)
      const client = rawClient(port)
      client.send(`POST ${path} HTTP/1.1\r\nHost: gw.test\r\n${body}`)
      client.socket.end()
      await client.ended()
      await expect.poll(async () => (await nginx.requests()).unfinished.at(-1)).toBe(`POST ${path} hello`)
    }
    await fetch(url)
    const finished = ['GET / ', 'GET / ', 'GET / ']
    const unfinished = ['POST /length hello', 'POST /chunked hello']
    await expect.poll(() => nginx.requests()).toEqual({ finished, unfinished, refused: [] })
  })

  it('are no others, hidden in a chunk extension that ends where only some servers see it', async () => {
    const nginx = await startNginx()
    onTestFinished(() => nginx.stop())
    const { port, url } = await runProxy([routeTo(nginx.endpoint)])
    const client = rawClient(port)
    // nginx takes a bare LF for the end of any line.
    const hidden = 'GET /hidden HTTP/1.1\nHost: gw.test\n\n'
    client.send(`POST / HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nhello\n0\n\n${hidden}`)
    expect((await client.ended()).text).toMatch(/^HTTP\/1.1 400 /)
    await fetch(url)
    await expect.poll(async () => (await nginx.requests()).finished).toEqual(['GET / '])
  })
})

/** nginx writes JSON. */
function withoutEscapes(line: string): string {
  return String(JSON.parse(`"${line}"`))
}
