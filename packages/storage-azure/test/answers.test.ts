import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

import { azureStorage } from '../src/index.ts'

const accountKey = Buffer.from('secret').toString('base64')
const bytes = new Uint8Array([1])
let server: RawServer | undefined

async function storageOn(answer: (socket: Socket, request: string) => void) {
  server = await startRawServer(answer)
  return azureStorage({ container: 'box', endpoint: server.endpoint, accountName: 'us', accountKey })
}

afterEach(async () => {
  await server?.stop()
  server = undefined
})

describe('azureStorage with answers that no server gives on request, on a stand-in', () => {
  it.each([
    [409, 'BlobAlreadyExists', 'already-exists', false],
    [412, 'ConditionNotMet', 'already-exists', false],
    [413, 'RequestBodyTooLarge', 'too-large', false],
    [413, 'Unheard', 'too-large', false],
    [503, 'ServerBusy', 'throttled', true],
  ])('understands the answer %i %s to a create-only write: %s', async (status, azureCode, code, retryable) => {
    const headers = { 'x-ms-version': '2025-01-05', 'x-ms-error-code': azureCode }
    const storage = await storageOn((socket) => socket.end(httpAnswer(status, '', headers)))
    await expect(storage.put('key', bytes, { ifAbsent: true })).rejects.toMatchObject({ code, retryable })
  })

  it("takes no proxy's 412 for proof that a key is taken", async () => {
    const page = httpAnswer(412, '<html><body>Precondition Failed</body></html>', { 'content-type': 'text/html' })
    const storage = await storageOn((socket) => socket.end(page))
    await expect(storage.put('key', bytes, { ifAbsent: true })).rejects.toMatchObject({
      code: 'invalid-response',
      retryable: true,
    })
  })

  it('asks for a listing from where it shall start', async () => {
    const asked: (string | null)[] = []
    const page = '<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>'
    const headers = { 'x-ms-version': '2025-01-05', 'content-type': 'application/xml' }
    server = await startRawServer((socket, request) => {
      const target = request.split(' ')[1] ?? ''
      asked.push(new URL(target, 'http://host').searchParams.get('startFrom'))
      socket.end(httpAnswer(200, page, headers))
    })
    const storage = azureStorage({ container: 'box', endpoint: server.endpoint, accountName: 'us', accountKey })
    const list = async (prefix: string, after?: string) => {
      for await (const key of storage.list(prefix, { after })) throw new Error(`there is no ${key}`)
    }
    await list('manifests/')
    await list('manifests/', 'manifests/0007.json')
    await list('manifests/', 'manifests/a\u{e000}b')
    // Outside of the prefix: nothing that a server would have to understand.
    await list('manifests/', 'head.json')
    await list('manifests/', 'manifests')
    expect(asked).toEqual([null, 'manifests/0007.json', 'manifests/a', null, null])
  })
})

describe('azureStorage with a body larger than asked for, on a stand-in', () => {
  let sent = 0
  /** Sends for as long as the client reads. */
  const endless = (head: string) => (socket: Socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nx-ms-version: 1\r\netag: "1"\r\n${head}\r\n`)
    const chunk = Buffer.alloc(65_536)
    const send = () => {
      while (!socket.destroyed && socket.write(chunk)) sent += chunk.byteLength
    }
    socket.on('drain', send)
    send()
  }

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

  it('ends the connection of a page with a length, and the process goes on', async () => {
    const storage = await storageOn((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\na page'))
    await expect(storage.get('key')).rejects.toMatchObject({ code: 'invalid-response' })
    await expect.poll(() => server?.openConnections()).toBe(0)
  })
})
