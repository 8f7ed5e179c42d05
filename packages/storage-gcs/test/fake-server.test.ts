import { everyCall, storageConformance } from '@outlast/storage-testkit'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { gcsStorage } from '../src/index.ts'
import { startFakeGcsServer, type FakeGcsServer } from './fake-gcs-server.ts'

let server: FakeGcsServer
let buckets = 0

beforeAll(async () => {
  server = await startFakeGcsServer()
})
afterAll(async () => {
  await server?.stop()
})

const open = (bucket: string, timeoutMs = 10_000) => gcsStorage({ bucket, apiEndpoint: server.endpoint, timeoutMs })
const openNew = (timeoutMs?: number) => {
  buckets += 1
  server.createBucket(`bucket-${buckets}`)
  return open(`bucket-${buckets}`, timeoutMs)
}

storageConformance({
  runner: { describe, it },
  name: 'gcsStorage on a fake of the JSON API',
  // More than one page.
  listingSize: 1100,
  create: () => openNew(),
  missingBucket: () => open('nowhere'),
})

describe('gcsStorage with a fake server that misbehaves', () => {
  beforeEach(() => () => server.interfere(undefined))

  const noConnections = () =>
    vi.waitFor(async () => expect(await server.openConnections()).toBe(0), { timeout: 10_000 })
  const page = (status: number) => (_request: unknown, response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html><body>A page</body></html>')
  const reason = (status: number, text: string) => (_request: unknown, response: ServerResponse) =>
    response.writeHead(status).end(JSON.stringify({ error: { errors: [{ reason: text }] } }))
  const beginning = (_request: unknown, response: ServerResponse) =>
    response.writeHead(200, { 'x-goog-generation': '1', 'content-length': '100' }).write('the beginning')

  it('ends a call at the deadline, and its socket, when nothing is ever answered', async () => {
    const storage = openNew(300)
    server.interfere(() => undefined)
    for (const error of await everyCall(storage)) expect(error).toMatchObject({ code: 'timeout', retryable: true })
    await noConnections()
  })

  it('ends a call at the deadline, and its socket, when the body stalls', async () => {
    const storage = openNew(300)
    server.interfere(beginning)
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'timeout' })
    await noConnections()
  })

  it('ends a call, and its socket, when the caller aborts in the middle of the body', async () => {
    const storage = openNew()
    const controller = new AbortController()
    const enough = new Error('enough')
    server.interfere((request, response) => {
      beginning(request, response)
      controller.abort(enough)
    })
    await expect(storage.get('key', { signal: controller.signal })).rejects.toBe(enough)
    await noConnections()
  })

  it('never returns a part of an object', async () => {
    const storage = openNew()
    server.interfere((request, response) => {
      beginning(request, response)
      response.socket?.end()
    })
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'invalid-response', retryable: true })
  })

  it('reports reset connections and unreachable servers as unavailable, in a sentence', async () => {
    const storage = openNew()
    server.interfere((request) => request.socket.resetAndDestroy())
    for (const error of await everyCall(storage)) expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    const gone = await startFakeGcsServer()
    await gone.stop()
    await expect(gcsStorage({ bucket: 'box', apiEndpoint: gone.endpoint }).get('key')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'gs://box: the store cannot be reached (ECONNREFUSED)',
    })
  })

  it.each([
    [200, 'invalid-response'],
    [302, 'invalid-response'],
    [401, 'denied'],
    [403, 'denied'],
    [404, 'invalid-response'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])("takes a proxy's page with status %i for an error in every call: %s", async (status, code) => {
    const storage = openNew()
    server.interfere(page(status))
    for (const error of await everyCall(storage)) expect(error).toMatchObject({ code })
  })

  it.each([
    [403, 'rateLimitExceeded', 'throttled', true],
    [403, 'forbidden', 'denied', false],
    [404, 'notFound', 'bucket-not-found', false],
    [409, 'conflict', 'conflict', true],
    [412, 'conditionNotMet', 'already-exists', false],
    [503, 'backendError', 'unavailable', true],
    [418, 'somethingElse', 'unknown', false],
  ])('understands the answer %i %s to a write: %s', async (status, text, code, retryable) => {
    const storage = openNew()
    server.interfere(reason(status, text))
    await expect(storage.put('key', new Uint8Array([1]), { ifAbsent: true })).rejects.toMatchObject({ code, retryable })
  })

  it('says what was refused without repeating what the server said', async () => {
    const storage = openNew()
    server.interfere(reason(403, 'forbidden'))
    await expect(storage.get('key')).rejects.toMatchObject({
      message: `${storage.name}: access denied (HTTP 403 forbidden)`,
    })
  })
})
