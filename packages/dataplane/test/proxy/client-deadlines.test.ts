import { describe, expect, it, onTestFinished } from 'vitest'
import { Deadlines } from '../../src/proxy/deadlines.ts'
import { front } from '../../src/proxy/front.ts'
import { defaultClientTimeouts, type ClientTimeouts } from '../../src/proxy/http1/client-timeouts.ts'
import { reply } from '../../src/proxy/reply.ts'
import { rawClient, type RawClient } from './raw-client.ts'

/** A client of a listener that answers every request with 404. */
async function clientOf(timeouts: Partial<ClientTimeouts>): Promise<RawClient> {
  const listener = front({
    timeouts: { ...defaultClientTimeouts, ...timeouts },
    deadlines: new Deadlines(),
    dateField: () => '',
    onRequest: (client, request) => {
      reply(client, request, 404, 'nothing here')
      return undefined
    },
    onError: (error) => expect.unreachable(error.message),
    onUnexpected: (error) => expect.unreachable(String(error)),
  })
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => listener.close(0))
  return rawClient(port)
}

const get = 'GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n'

describe('a client that', () => {
  it('sends its head byte by byte has until the deadline of the whole head, then gets 408', async () => {
    const client = await clientOf({ headMs: 100 })
    const drip = setInterval(() => client.send('a'), 10)
    client.send('GET /')
    const { text } = await client.ended()
    clearInterval(drip)
    expect(text).toMatch(/^HTTP\/1.1 408 [^]*Connection: close\r\n/)
  })

  it('sends nothing at all is let go without a word', async () => {
    const client = await clientOf({ keepAliveMs: 100 })
    expect(await client.ended()).toMatchObject({ text: '' })
  })

  it('waits between two requests for longer than the idle time is let go after its first answer', async () => {
    const client = await clientOf({ keepAliveMs: 100 })
    client.send(get)
    const { text } = await client.ended()
    expect(text.match(/HTTP\/1.1 404/g)).toHaveLength(1)
    expect(text).not.toContain('Connection: close')
  })

  it('never comes to an end with a body that nobody wants is let go', async () => {
    const client = await clientOf({ discardMs: 100 })
    client.send('POST / HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 1000000\r\n\r\n')
    const drip = setInterval(() => client.send('a'), 10)
    const { text } = await client.ended()
    clearInterval(drip)
    expect(text).toMatch(/^HTTP\/1.1 404 /)
  })

  it('keeps sending behind its last answer still gets the whole of it, and is let go then', async () => {
    const client = await clientOf({ lingerMs: 100 })
    client.socket.removeAllListeners('end')
    client.send('GET / HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n')
    const drip = setInterval(() => client.send('more'), 10)
    const { text } = await client.ended()
    clearInterval(drip)
    expect(text).toMatch(/^HTTP\/1.1 404 [^]*nothing here/)
  })
})
