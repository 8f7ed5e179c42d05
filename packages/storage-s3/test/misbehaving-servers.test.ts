import { faultConformance } from '@outlast/storage-testkit'
import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

import { s3Storage } from '../src/index.ts'

const credentials = { accessKeyId: 'key-id', secretAccessKey: 'secret' }
let server: RawServer | undefined

async function storageOn(answer: (socket: Socket) => void) {
  server = await startRawServer(answer)
  return s3Storage({ bucket: 'box', endpoint: server.endpoint, credentials })
}

const errorDocument = (code: string) => `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`

afterEach(async () => {
  await server?.stop()
  server = undefined
})

faultConformance({
  runner: { describe, it },
  name: 's3Storage',
  faults: {
    open: ({ host, port, timeoutMs }) =>
      s3Storage({ bucket: 'box', endpoint: `http://${host}:${port}`, credentials, timeoutMs }),
    expiredCredentials: { status: 400, body: errorDocument('ExpiredToken') },
  },
})

describe('s3Storage with a server that misbehaves', () => {
  it('reports an unreachable server as unavailable, in a sentence', async () => {
    const storage = await storageOn(() => undefined)
    await server?.stop()
    await expect(storage.get('key')).rejects.toMatchObject({
      code: 'unavailable',
      message: 's3://box: the store cannot be reached (ECONNREFUSED)',
    })
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
