import { everyCall } from '@outlast/storage-testkit'
import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import type { Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import { s3Storage } from '../src/index.ts'

const credentials = { accessKeyId: 'key-id', secretAccessKey: 'secret' }
let server: RawServer | undefined

async function storageOn(answer: (socket: Socket, request: string) => void, timeoutMs = 10_000) {
  server = await startRawServer(answer)
  return s3Storage({ bucket: 'box', endpoint: server.endpoint, credentials, timeoutMs })
}

const errorDocument = (code: string) => `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`

// Loaded now, so that short deadlines are spent on the server and not on loading the SDK.
beforeAll(() => import('@aws-sdk/client-s3'))

afterEach(async () => {
  await server?.stop()
  server = undefined
})

describe('s3Storage with a server that misbehaves', () => {
  it('ends a call at the deadline, and its socket, when nothing is ever answered', async () => {
    const storage = await storageOn(() => undefined, 500)
    for (const error of await everyCall(storage)) expect(error).toMatchObject({ code: 'timeout', retryable: true })
    expect(server?.connections()).toBeGreaterThan(0)
    await vi.waitFor(() => expect(server?.openConnections()).toBe(0))
  })

  const stalledBody = (socket: Socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\netag: "1"\r\n\r\nthe beginning')

  it('ends a call at the deadline, and its socket, when the body stalls', async () => {
    const storage = await storageOn(stalledBody, 500)
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'timeout' })
    await vi.waitFor(() => expect(server?.openConnections()).toBe(0))
  })

  it('ends a call, and its socket, when the caller aborts in the middle of the body', async () => {
    const storage = await storageOn(stalledBody)
    const controller = new AbortController()
    const reason = new Error('enough')
    const call = storage.get('key', { signal: controller.signal })
    await vi.waitFor(() => expect(server?.openConnections()).toBe(1))
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    await vi.waitFor(() => expect(server?.openConnections()).toBe(0))
  })

  it('never returns a part of an object', async () => {
    const storage = await storageOn((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\netag: "1"\r\n\r\nthe beginning'),
    )
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'invalid-response', retryable: true })
  })

  it('refuses a body without an announced length, whose end cannot be told from a cut', async () => {
    const storage = await storageOn((socket) => socket.end('HTTP/1.1 200 OK\r\netag: "1"\r\n\r\nthe beginning'))
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'invalid-response' })
  })

  it('reports a reset connection as unavailable', async () => {
    const storage = await storageOn((socket) => socket.resetAndDestroy())
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('reports an unreachable server as unavailable, in a sentence', async () => {
    const storage = await storageOn(() => undefined)
    await server?.stop()
    await expect(storage.get('key')).rejects.toMatchObject({
      code: 'unavailable',
      message: 's3://box: the store cannot be reached (ECONNREFUSED)',
    })
  })

  it.each([
    [404, 'invalid-response'],
    [200, 'invalid-response'],
    [302, 'invalid-response'],
    [403, 'denied'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
  ])("takes a proxy's page with status %i for an error in every call: %s", async (status, code) => {
    const storage = await storageOn((socket) => socket.end(httpAnswer(status, '<html><body>A page</body></html>')))
    for (const error of await everyCall(storage)) expect(error).toMatchObject({ code })
  })

  it.each([
    [409, 'ConditionalRequestConflict', 'conflict', true],
    [412, 'PreconditionFailed', 'already-exists', false],
    [503, 'SlowDown', 'throttled', true],
    [400, 'ExpiredToken', 'denied', false],
    [403, 'AccessDenied', 'denied', false],
    [403, 'RequestTimeTooSkewed', 'denied', true],
    [301, 'PermanentRedirect', 'bucket-not-found', false],
    [400, 'AuthorizationHeaderMalformed', 'bucket-not-found', false],
    [403, 'QuotaExceeded', 'no-space', false],
    [500, 'InternalError', 'unavailable', true],
    [400, 'RequestTimeout', 'timeout', true],
    [418, 'SomethingElse', 'unknown', false],
  ])('understands the answer %i %s to a write: %s', async (status, s3Code, code, retryable) => {
    const storage = await storageOn((socket) => socket.end(httpAnswer(status, errorDocument(s3Code))))
    await expect(storage.put('key', new Uint8Array([1]), { ifAbsent: true })).rejects.toMatchObject({ code, retryable })
    expect(server?.connections()).toBe(1)
  })

  it('refuses an incomplete listing that does not say where it continues', async () => {
    const page = '<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>'
    const storage = await storageOn((socket) => socket.end(httpAnswer(200, page)))
    const keys = storage.list('')[Symbol.asyncIterator]()
    expect(await keys.next()).toMatchObject({ value: 'a' })
    await expect(keys.next()).rejects.toMatchObject({ code: 'invalid-response' })
  })
})
