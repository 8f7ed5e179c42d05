import { storageConformance } from '@outlast/storage-testkit'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { gcsStorage } from '../src/index.ts'
import { startFakeGcsServer } from './fake-gcs-server.ts'

const server = await startFakeGcsServer()
server.createBucket('faults')
let buckets = 0
afterAll(() => server.stop())

const open = (bucket: string) => gcsStorage({ bucket, apiEndpoint: server.endpoint })
const openNew = () => {
  buckets += 1
  server.createBucket(`bucket-${buckets}`)
  return open(`bucket-${buckets}`)
}

storageConformance({
  runner: { describe, it },
  name: 'gcsStorage on a fake of the JSON API',
  // More than one page.
  listingSize: 1100,
  create: () => openNew(),
  missingBucket: () => open('nowhere'),
  faults: {
    open: ({ host, port, timeoutMs }) =>
      gcsStorage({ bucket: 'faults', apiEndpoint: `http://${host}:${port}`, timeoutMs }),
    upstream: { host: '127.0.0.1', port: server.port },
    objectHeaders: { 'x-goog-generation': '1' },
    expiredCredentials: {
      status: 401,
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: JSON.stringify({
        error: {
          code: 401,
          message: 'Invalid Credentials',
          errors: [{ message: 'Invalid Credentials', domain: 'global', reason: 'authError' }],
        },
      }),
    },
  },
})

describe('gcsStorage on a fake of the JSON API', () => {
  it('sees that a key is taken without the permission to overwrite it, and that it may not delete', async () => {
    server.createBucket('kept', { keepsEverything: true })
    const storage = open('kept')
    await storage.put('key', new Uint8Array([1]), { ifAbsent: true })
    await expect(storage.put('key', new Uint8Array([2]), { ifAbsent: true })).rejects.toMatchObject({
      code: 'already-exists',
      message: 'gs://kept: the key is taken',
    })
    await expect(storage.put('key', new Uint8Array([2]))).rejects.toMatchObject({ code: 'denied' })
    await expect(storage.delete('key')).rejects.toMatchObject({ code: 'denied' })
    expect((await storage.get('key'))?.bytes).toEqual(new Uint8Array([1]))
  })

  it("takes another store's etag for one that has changed", async () => {
    const storage = openNew()
    await storage.put('key', new Uint8Array([1]))
    for (const ifNoneMatch of ['"abc"', '0x8DB', '9'.repeat(30)]) {
      expect(await storage.get('key', { ifNoneMatch })).toMatchObject({ bytes: new Uint8Array([1]) })
    }
  })
})

describe('gcsStorage with a fake of the JSON API that refuses', () => {
  beforeEach(() => () => server.interfere(undefined))

  const reason = (status: number, text: string) => (_request: unknown, response: ServerResponse) =>
    response.writeHead(status).end(JSON.stringify({ error: { errors: [{ reason: text }] } }))

  it.each([
    [403, 'rateLimitExceeded', 'throttled', true],
    [403, 'forbidden', 'denied', false],
    [404, 'notFound', 'bucket-not-found', false],
    [409, 'conflict', 'conflict', true],
    [412, 'conditionNotMet', 'already-exists', false],
    [412, 'orgPolicyConstraintFailed', 'denied', false],
    [412, "a proxy's own", 'invalid-response', true],
    [413, 'uploadTooLarge', 'too-large', false],
    [429, 'rateLimitExceeded', 'throttled', true],
    [503, 'backendError', 'unavailable', true],
    [418, 'somethingElse', 'unknown', false],
  ])('understands the answer %i %s to a write: %s', async (status, text, code, retryable) => {
    const storage = openNew()
    server.interfere(reason(status, text))
    await expect(storage.put('key', new Uint8Array([1]), { ifAbsent: true })).rejects.toMatchObject({ code, retryable })
  })

  it('closes the connection of an answer to a deletion that has no end', async () => {
    const other = await startFakeGcsServer()
    other.interfere((_request, response) => response.writeHead(200).write('a page'))
    try {
      const storage = gcsStorage({ bucket: 'box', apiEndpoint: other.endpoint })
      await expect(storage.delete('key')).rejects.toMatchObject({ code: 'invalid-response' })
      await expect.poll(() => other.openConnections()).toBe(0)
    } finally {
      await other.stop()
    }
  })

  it('sends no more of an object that was refused before it had arrived', async () => {
    const other = await startFakeGcsServer()
    const received = { bytes: 0 }
    other.interfere((request, response) => {
      response.writeHead(413, { 'content-type': 'application/json' }).end('{}')
      request.on('data', (chunk: Buffer) => (received.bytes += chunk.byteLength))
      request.on('error', () => undefined)
    })
    const bytes = new Uint8Array(64 * 2 ** 20)
    try {
      const storage = gcsStorage({ bucket: 'box', apiEndpoint: other.endpoint })
      await expect(storage.put('key', bytes)).rejects.toMatchObject({ code: 'too-large', retryable: false })
      // Closed by the client: the server would keep it for ten minutes.
      await expect.poll(() => other.openConnections()).toBe(0)
      expect(received.bytes).toBeLessThan(bytes.byteLength)
    } finally {
      await other.stop()
    }
  })

  it('says in a sentence what was refused, and that nobody is there, without repeating what the server said', async () => {
    const storage = openNew()
    server.interfere(reason(403, 'forbidden'))
    await expect(storage.get('key')).rejects.toMatchObject({
      message: `${storage.name}: access denied (HTTP 403 forbidden)`,
    })
    const gone = await startFakeGcsServer()
    await gone.stop()
    await expect(gcsStorage({ bucket: 'box', apiEndpoint: gone.endpoint }).get('key')).rejects.toMatchObject({
      message: 'gs://box: the store cannot be reached (ECONNREFUSED)',
    })
  })
})
