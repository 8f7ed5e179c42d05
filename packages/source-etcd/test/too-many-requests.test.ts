import { httpAnswer, startRawServer } from '@outlast/test-servers'
import { expect, it, onTestFinished } from 'vitest'
import { etcdSource } from '../src/index.ts'

/** Answers every request as etcd does when it has too much to do. */
async function busyServer(): Promise<string> {
  const message = 'etcdserver: too many requests'
  const answer = httpAnswer(429, JSON.stringify({ error: message, message, code: 8 }))
  const server = await startRawServer((socket) => socket.end(answer))
  onTestFinished(async () => server.stop())
  return server.endpoint
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
