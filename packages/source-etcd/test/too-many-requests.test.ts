import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { etcdSource } from '../src/index.ts'

/** Answers every request as etcd does when it has too much to do. */
async function busyServer(): Promise<string> {
  const message = 'etcdserver: too many requests'
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(429, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: message, message, code: 8 }))
  })
  onTestFinished(() => {
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP address')
  return `http://127.0.0.1:${address.port}`
}

it('takes "too many requests" for an outage that passes, not for something to put right', async () => {
  const source = etcdSource({ endpoints: [await busyServer()], prefix: '/gateway_groups/default' })
  const outage = { code: 'unavailable', message: expect.stringContaining('too many requests') }
  await expect(source.load()).rejects.toMatchObject(outage)
  const updates = source.watch({ from: { identity: 'etcd:1', revision: 1 } })
  await expect(updates[Symbol.asyncIterator]().next()).rejects.toMatchObject(outage)
})

it('asks the next endpoint when one has too much to do', async () => {
  const [first, second] = [await busyServer(), await busyServer()]
  const source = etcdSource({ endpoints: [first, second] })
  await expect(source.load()).rejects.toThrow(new RegExp(`${first}: .*; ${second}: `))
})
