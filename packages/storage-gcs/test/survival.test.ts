import { execFile } from 'node:child_process'
import type { ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { startFakeGcsServer, type FakeGcsServer } from './fake-gcs-server.ts'

interface Ended {
  readonly exitCode: number
  readonly lines: readonly string[]
  readonly errors: string
}

const reader = new URL('reader-process.ts', import.meta.url)
const sdkReader = new URL('sdk-reader-process.ts', import.meta.url)

function runScript(script: URL, ...parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const flags = ['--conditions=@outlast/source', fileURLToPath(script), ...parameters]
    const child = execFile(process.execPath, flags, (_error, stdout, errors) => {
      resolve({ exitCode: child.exitCode ?? -1, lines: stdout.split('\n').filter(Boolean), errors })
    })
  })
}

const busy = (response: ServerResponse) =>
  response
    .writeHead(503, { 'content-type': 'application/json' })
    .end('{"error":{"errors":[{"reason":"backendError"}]}}')

describe('a process that reads through gcsStorage from a fake of the JSON API', () => {
  let server: FakeGcsServer
  beforeAll(async () => {
    server = await startFakeGcsServer()
    server.createBucket('box')
  })
  afterEach(() => server.interfere(undefined))
  afterAll(async () => {
    await server?.stop()
  })

  it('survives twenty 503 in a row, and ends when its work is done', async () => {
    server.interfere((_request, response) => busy(response))
    const { exitCode, lines, errors } = await runScript(reader, server.endpoint, '20')
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
    expect(lines).toEqual(Array(20).fill('unavailable'))
  })

  it('survives streams that break, stall, and turn into others, one after the other', async () => {
    const begin = (response: ServerResponse, length = 1000) =>
      response.writeHead(200, { 'x-goog-generation': '1', 'content-length': length }).write('the beginning')
    const faults: ReadonlyArray<readonly [(response: ServerResponse) => unknown, string]> = [
      [busy, 'unavailable'],
      [(response) => response.socket?.resetAndDestroy(), 'unavailable'],
      [(response) => [begin(response), response.socket?.end()], 'invalid-response'],
      [(response) => [begin(response), setImmediate(() => response.socket?.resetAndDestroy())], 'invalid-response'],
      [begin, 'timeout'],
      [busy, 'unavailable'],
      [
        (response) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'),
        'invalid-response',
      ],
      [(response) => response.socket?.end('not HTTP\r\n\r\n'), 'invalid-response'],
      [(response) => begin(response, 2 ** 40), 'too-large'],
    ]
    let read = -1
    server.interfere((_request, response) => {
      read += 1
      faults[read]?.[0](response)
    })
    const { exitCode, lines, errors } = await runScript(reader, server.endpoint, String(faults.length))
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
    expect(lines).toEqual(faults.map(([, outcome]) => outcome))
  })

  // Why the adapter sends its requests itself. Fails with the SDK that has mended it, and the decision can be looked at again.
  it("would not survive a 503 that Google's SDK tries again", async () => {
    let read = 0
    server.interfere((_request, response) => {
      read += 1
      if (read === 1) busy(response)
      else response.writeHead(200, { 'content-length': 1 }).end('1')
    })
    const { exitCode, errors } = await runScript(sdkReader, server.endpoint)
    expect(exitCode).not.toBe(0)
    expect(errors).toContain('ERR_STREAM_UNABLE_TO_PIPE')
  })
})
