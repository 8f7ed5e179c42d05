import { withRetry } from '@outlast/storage'
import type { IncomingHttpHeaders } from 'node:http'
import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

import { s3Storage, type S3StorageOptions } from '../src/index.ts'
import { startStandIn } from './stand-in.ts'

const credentials = { accessKeyId: 'key-id', secretAccessKey: 'secret' }
const bytes = new Uint8Array([1])
let server: RawServer | undefined

async function storageOn(answer: (socket: Socket, request: string) => void) {
  server = await startRawServer(answer)
  // Its deadline closes no connection in time.
  return s3Storage({ bucket: 'box', endpoint: server.endpoint, credentials, timeoutMs: 600_000 })
}

const refusal = (status: number, code: string) =>
  httpAnswer(status, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`)

afterEach(async () => {
  await server?.stop()
  server = undefined
})

describe('s3Storage with answers that no server gives on request, on a stand-in', () => {
  it.each([
    [400, 'EntityTooLarge', 'too-large', false],
    [413, 'Unheard', 'too-large', false],
    [400, 'KMS.DisabledException', 'denied', false],
    [400, 'KMS.NotFoundException', 'denied', false],
    [400, 'KMS.KMSInvalidStateException', 'denied', false],
    [500, 'KMS.DependencyTimeoutException', 'unavailable', true],
    [400, 'ThrottlingException', 'throttled', true],
    [400, 'KMS.ThrottlingException', 'throttled', true],
    [400, 'BadDigest', 'unavailable', true],
    [501, 'NotImplemented', 'unsupported', false],
    [503, 'ServiceUnavailable', 'unavailable', true],
  ])('understands the answer %i %s to a write: %s', async (status, s3Code, code, retryable) => {
    const storage = await storageOn((socket) => socket.end(refusal(status, s3Code)))
    await expect(storage.put('key', bytes)).rejects.toMatchObject({ code, retryable })
  })

  it("takes no proxy's 412 for proof that a key is taken", async () => {
    for (const page of ['', '<html><body><h1>Precondition Failed</h1></body></html>']) {
      const storage = await storageOn((socket) => socket.end(httpAnswer(412, page, { 'content-type': 'text/html' })))
      await expect(storage.put('key', bytes, { ifAbsent: true })).rejects.toMatchObject({
        code: 'invalid-response',
        retryable: true,
      })
      await server?.stop()
    }
  })

  it('names the refusal of KMS', async () => {
    const storage = await storageOn((socket) => socket.end(refusal(400, 'KMS.DisabledException')))
    await expect(storage.put('key', bytes)).rejects.toMatchObject({
      message: 's3://box: the KMS key cannot be used (KMS.DisabledException)',
    })
  })

  it('leaves a create-only write to be looked up when AWS answers 409 at first, and "exists" when asked again', async () => {
    const answers = [refusal(409, 'ConditionalRequestConflict'), refusal(412, 'PreconditionFailed')]
    const storage = await storageOn((socket) => socket.end(answers.shift() ?? ''))
    // It may have been the first attempt that created the object: so neither "created" nor "already-exists".
    await expect(
      withRetry(storage, { minimumDelayMs: 1, maximumDelayMs: 1 }).put('key', bytes, { ifAbsent: true }),
    ).rejects.toMatchObject({ code: 'conflict', retryable: false })
    expect(server?.connections()).toBe(2)
  })

  it('creates an object at the second attempt, after a 409 that created nothing', async () => {
    const answers = [refusal(409, 'ConditionalRequestConflict'), httpAnswer(200, '', { etag: '"1"' })]
    const storage = await storageOn((socket) => socket.end(answers.shift() ?? ''))
    const retrying = withRetry(storage, { minimumDelayMs: 1, maximumDelayMs: 1 })
    expect(await retrying.put('key', bytes, { ifAbsent: true })).toBe('"1"')
  })
})

describe('s3Storage with a body larger than asked for, on a stand-in', () => {
  /** Sends for as long as the client reads. */
  const endless = (head: string) => (socket: Socket) => {
    socket.write(`HTTP/1.1 200 OK\r\netag: "1"\r\n${head}\r\n`)
    const chunk = Buffer.alloc(65_536)
    const send = () => {
      while (!socket.destroyed && socket.write(chunk)) sent += chunk.byteLength
    }
    socket.on('drain', send)
    send()
  }
  let sent = 0

  it.each([
    ['too large', 'content-length: 10000000000\r\n', 'too-large'],
    ['without a length', '', 'invalid-response'],
  ])('does not read one that is %s, and closes the connection', async (_what, head, code) => {
    sent = 0
    const storage = await storageOn(endless(head))
    await expect(storage.get('key', { maximumBytes: 1000 })).rejects.toMatchObject({ code })
    await expect.poll(() => server?.openConnections()).toBe(0)
    // What the buffers of both sides hold, and no more.
    expect(sent).toBeLessThan(20_000_000)
  })
})

describe('s3Storage with server-side encryption, on a stand-in', () => {
  async function headersOfAPut(options: Partial<S3StorageOptions>): Promise<IncomingHttpHeaders> {
    let headers: IncomingHttpHeaders = {}
    const standIn = await startStandIn((request, _body, response) => {
      headers = request.headers
      response.writeHead(200, { etag: '"1"' }).end()
    })
    await s3Storage({ bucket: 'box', endpoint: standIn.endpoint, credentials, ...options }).put('key', bytes)
    await standIn.stop()
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name.includes('encryption')))
  }

  it('asks for what it was told, and for nothing unless told', async () => {
    expect(await headersOfAPut({})).toEqual({})
    expect(await headersOfAPut({ serverSideEncryption: 'AES256' })).toEqual({
      'x-amz-server-side-encryption': 'AES256',
    })
    const kms = { serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/gateway', bucketKeyEnabled: true } as const
    expect(await headersOfAPut(kms)).toEqual({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/gateway',
      'x-amz-server-side-encryption-bucket-key-enabled': 'true',
    })
  })

  it('sends no checksum headers, which not every server takes', async () => {
    const sums: string[] = []
    const standIn = await startStandIn((request, _body, response) => {
      sums.push(...Object.keys(request.headers).filter((name) => /checksum|crc|trailer/.test(name)))
      response.writeHead(200, { etag: '"1"' }).end()
    })
    await s3Storage({ bucket: 'box', endpoint: standIn.endpoint, credentials }).put('key', bytes)
    await standIn.stop()
    expect(sums).toEqual([])
  })
})
