import { startRawServer } from '@outlast/test-servers'
import { describe, expect, it, onTestFinished } from 'vitest'

import { heartbeatLine } from '../../src/data-plane/heartbeat-line.ts'
import { heartbeatOf } from '../control-plane/heartbeat-of.ts'

/** The address of something that answers the first bytes of each connection with these. */
async function answering(answer: string): Promise<string> {
  const server = await startRawServer((socket) => socket.write(answer))
  onTestFinished(async () => server.stop())
  return server.endpoint
}

describe('a heartbeat', () => {
  it.each([
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['a redirect, which is not followed', 'HTTP/1.1 307 Moved\r\nlocation: /\r\ncontent-length: 0\r\n\r\n', 307],
    ['an answer that never ends', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n', 200],
  ])('ends with %s', async (_what, answer, status) => {
    const line = heartbeatLine(await answering(answer), { tls: undefined, token: 'token' })
    onTestFinished(() => line.close())
    expect(await line.send(heartbeatOf('some-node'), new AbortController().signal)).toBe(status)
  })

  it.each([
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n',
      'without an answer',
    ],
    ['nonsense', 'nonsense\r\n\r\n', 'Parse Error'],
  ])('fails with %s', async (_what, answer, message) => {
    const line = heartbeatLine(await answering(answer), { tls: undefined, token: 'token' })
    onTestFinished(() => line.close())
    await expect(line.send(heartbeatOf('some-node'), new AbortController().signal)).rejects.toThrow(message)
  })
})
