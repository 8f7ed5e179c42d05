import { faultConformance } from '@outlast/storage-testkit'
import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

import { azureStorage } from '../src/index.ts'

const accountKey = Buffer.from('secret').toString('base64')
let server: RawServer | undefined

async function storageOn(answer: (socket: Socket) => void) {
  server = await startRawServer(answer)
  return azureStorage({ container: 'box', endpoint: server.endpoint, accountName: 'us', accountKey })
}

const errorHeaders = (code: string) => ({ 'x-ms-version': '2025-01-05', 'x-ms-error-code': code })

afterEach(async () => {
  await server?.stop()
  server = undefined
})

faultConformance({
  runner: { describe, it },
  name: 'azureStorage',
  faults: {
    open: ({ host, port, timeoutMs }) =>
      azureStorage({ container: 'box', endpoint: `http://${host}:${port}`, accountName: 'us', accountKey, timeoutMs }),
    objectHeaders: { 'x-ms-version': '2025-01-05', etag: '"1"' },
    expiredCredentials: { status: 403, headers: errorHeaders('AuthenticationFailed') },
  },
})

describe('azureStorage with a server that misbehaves', () => {
  it('reports an unreachable server as unavailable, in a sentence', async () => {
    const storage = await storageOn(() => undefined)
    await server?.stop()
    await expect(storage.get('key')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'azure://us/box: the store cannot be reached (ECONNREFUSED)',
    })
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
    await expect.poll(() => server?.openConnections()).toBe(0)
  })
})
