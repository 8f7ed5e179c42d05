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

/** Requests as `METHOD target body`, as far as a connection's bytes have a meaning. */
function meaningOf(bytes: Buffer): string[] {
  const meant: string[] = []
  for (const { head, body, complete } of readRequests([bytes]).messages) {
    // A path without meaning is answered by the proxy, and its request is the last of its connection.
    if (!complete || normalizePath(head.path) === undefined) break
    meant.push(`${head.method} ${head.path} ${body}`)
  }
  return meant
}

/** Sends each connection's bytes through a proxy, one after the other; returns what the upstream should have seen. */
async function sendThrough(
  endpoint: string,
  seen: () => number | Promise<number>,
  connections: readonly { readonly bytes: Buffer; readonly pieces: readonly Buffer[] }[],
): Promise<string[]> {
  const { port, url } = await runProxy([routeTo(endpoint)])
  const meant: string[] = []
  for (const { bytes, pieces } of connections) {
    meant.push(...meaningOf(bytes))
    const client = rawClient(port)
    for (const piece of pieces) client.send(piece)
    // Who ends its side too early takes back what it has asked for.
    await expect.poll(seen, { interval: 1 }).toBeGreaterThanOrEqual(meant.length)
    client.socket.end()
    await client.ended()
  }
  meant.push('GET / ')
  await fetch(url)
  await expect.poll(seen, { interval: 1 }).toBeGreaterThanOrEqual(meant.length)
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

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) if (part instanceof Buffer) parts.push(part)
  return Buffer.concat(parts).toString('latin1')
}

describe('the requests that an upstream sees', () => {
  for (const [what, connections] of [
    ['random bytes', () => randomConnections(rounds)],
    ['good requests next to malformed ones', smugglers],
  ] as const) {
    it(`are those that were meant, one for one: ${what}`, async () => {
      const seen: string[] = []
      const { endpoint } = await nodeUpstream((request, response) => {
        bodyOf(request).then(
          (body) => {
            seen.push(`${request.method} ${request.url} ${body}`)
            response.end()
          },
          () => undefined,
        )
      })
      expect(await sendThrough(endpoint, () => seen.length, connections())).toEqual(seen)
    })
  }
})

describeWithServer('nginx', 'the requests that an nginx behind the proxy sees', () => {
  it('are those that were meant, one for one', async () => {
    const nginx = await startNginx()
    onTestFinished(() => nginx.stop())
    const count = async () => (await nginx.requests()).length
    const connections = [...smugglers(), ...randomConnections(rounds)]
    const meant = await sendThrough(nginx.endpoint, count, connections)
    expect((await nginx.requests()).map(withoutEscapes)).toEqual(meant)
  })
})

/** nginx writes JSON. */
function withoutEscapes(line: string): string {
  return String(JSON.parse(`"${line}"`))
}
