import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../src/free-port.ts'

it('gives another port each time, and none that is in use', async () => {
  const first = await freePort()
  const server = createServer().listen(first + 1, '127.0.0.1')
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  const others = await Promise.all(Array.from({ length: 20 }, freePort))
  expect(new Set([first, first + 1, ...others]).size).toBe(22)
  for (const port of others) expect(port).toBeLessThan(30_000)
})
