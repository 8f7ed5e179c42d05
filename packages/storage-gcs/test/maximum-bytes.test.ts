import { maximumObjectBytes } from '@outlast/storage'
import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { gcsStorage } from '../src/index.ts'
import { startFakeGcsServer, type FakeGcsServer } from './fake-gcs-server.ts'

describe('gcsStorage on a fake of the JSON API that sends more than was asked for', () => {
  let server: FakeGcsServer
  beforeAll(async () => {
    server = await startFakeGcsServer()
    server.createBucket('box')
  })
  afterEach(() => server.interfere(undefined))
  afterAll(async () => {
    await server?.stop()
  })
  const open = () => gcsStorage({ bucket: 'box', apiEndpoint: server.endpoint })

  /** Counts what it could hand to the connection. */
  function endless(status: number, headers: Record<string, string | number>) {
    const sent = { bytes: 0 }
    server.interfere((_request, response: ServerResponse) => {
      response.writeHead(status, headers)
      const block = Buffer.alloc(64 * 1024, 'a')
      const pump = (): void => {
        while (!response.destroyed && response.write(block)) sent.bytes += block.byteLength
      }
      response.on('drain', pump)
      pump()
    })
    return sent
  }
  const expectNoConnections = async () => {
    await expect.poll(() => server.openConnections()).toBe(0)
  }
  // What fits into the buffers of both ends before anybody looks.
  const buffers = 16 * 2 ** 20

  it('refuses an object by the length that is announced, reads no more of it, and closes the connection', async () => {
    const sent = endless(200, { 'x-goog-generation': '1', 'content-length': maximumObjectBytes + 1 })
    await expect(open().get('key')).rejects.toMatchObject({ code: 'too-large', retryable: false })
    await expect(open().get('key', { maximumBytes: 1000 })).rejects.toMatchObject({
      code: 'too-large',
      message: `gs://box: the object has ${maximumObjectBytes + 1} bytes, and at most 1000 were asked for`,
    })
    await expectNoConnections()
    expect(sent.bytes).toBeLessThan(buffers)
  })

  it('refuses an object of no announced length, which has no end', async () => {
    const sent = endless(200, { 'x-goog-generation': '1', 'transfer-encoding': 'chunked' })
    await expect(open().get('key')).rejects.toMatchObject({ code: 'invalid-response' })
    await expectNoConnections()
    expect(sent.bytes).toBeLessThan(buffers)
  })

  it('reads no endless page of an error, and no endless listing', async () => {
    const page = endless(503, { 'content-type': 'text/html' })
    await expect(open().get('key')).rejects.toMatchObject({ code: 'unavailable' })
    await expectNoConnections()
    expect(page.bytes).toBeLessThan(buffers)
    const listing = endless(200, { 'content-type': 'application/json' })
    await expect(open().list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'invalid-response' })
    await expectNoConnections()
    expect(listing.bytes).toBeLessThan(2 * buffers)
  })

  it('gives an object of just the size that was asked for', async () => {
    await open().put('key', new Uint8Array(1000))
    expect((await open().get('key', { maximumBytes: 1000 }))?.bytes).toHaveLength(1000)
    await expect(open().get('key', { maximumBytes: 999 })).rejects.toMatchObject({ code: 'too-large' })
  })
})
