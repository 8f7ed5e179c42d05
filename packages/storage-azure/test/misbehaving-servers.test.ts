import { everyCall } from '@outlast/storage-testkit'
import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import type { Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import { azureStorage } from '../src/index.ts'

const accountKey = Buffer.from('secret').toString('base64')
let server: RawServer | undefined

async function storageOn(answer: (socket: Socket, request: string) => void, timeoutMs = 10_000) {
  server = await startRawServer(answer)
  return azureStorage({ container: 'box', endpoint: server.endpoint, accountName: 'us', accountKey, timeoutMs })
}

const errorHeaders = (code: string) => ({ 'x-ms-version': '2025-01-05', 'x-ms-error-code': code })

// Loaded now, so that short deadlines are spent on the server and not on loading the SDK.
beforeAll(() => import('@azure/storage-blob'))

afterEach(async () => {
  await server?.stop()
  server = undefined
})

describe('azureStorage with a server that misbehaves', () => {
  it('ends a call at the deadline, and its socket, when nothing is ever answered', async () => {
    const storage = await storageOn(() => undefined, 500)
    for (const error of await everyCall(storage)) expect(error).toMatchObject({ code: 'timeout', retryable: true })
    expect(server?.connections()).toBeGreaterThan(0)
    await vi.waitFor(() => expect(server?.openConnections()).toBe(0))
  })

  const stalledBody = (socket: Socket) =>
    socket.write('HTTP/1.1 200 OK\r\nx-ms-version: 1\r\ncontent-length: 100\r\netag: "1"\r\n\r\nthe beginning')

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
      socket.end('HTTP/1.1 200 OK\r\nx-ms-version: 1\r\ncontent-length: 100\r\netag: "1"\r\n\r\nthe beginning'),
    )
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'invalid-response', retryable: true })
  })

  it('refuses a body without an announced length, whose end cannot be told from a cut', async () => {
    const storage = await storageOn((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nx-ms-version: 1\r\netag: "1"\r\n\r\nthe beginning'),
    )
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
      message: 'azure://us/box: the store cannot be reached (ECONNREFUSED)',
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
    [409, 'BlobAlreadyExists', 'already-exists', false],
    [412, 'ConditionNotMet', 'already-exists', false],
    [412, 'LeaseIdMissing', 'conflict', true],
    [409, 'ContainerBeingDeleted', 'bucket-not-found', false],
    [503, 'ServerBusy', 'throttled', true],
    [500, 'OperationTimedOut', 'timeout', true],
    [500, 'InternalError', 'unavailable', true],
    [401, 'InvalidAuthenticationInfo', 'denied', false],
    [403, 'AuthorizationPermissionMismatch', 'denied', false],
    [418, 'SomethingElse', 'unknown', false],
  ])('understands the answer %i %s to a write: %s', async (status, azureCode, code, retryable) => {
    const storage = await storageOn((socket) => socket.end(httpAnswer(status, '', errorHeaders(azureCode))))
    await expect(storage.put('key', new Uint8Array([1]), { ifAbsent: true })).rejects.toMatchObject({ code, retryable })
    expect(server?.connections()).toBe(1)
  })

  it('closes the connection of an answer that it refuses', async () => {
    const storage = await storageOn((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npage\r\n'),
    )
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'invalid-response' })
    await vi.waitFor(() => expect(server?.openConnections()).toBe(0))
  })
})
