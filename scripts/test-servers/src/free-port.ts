import { createServer } from 'node:net'

/**
 * Below the ports that systems take for outgoing connections, so that none of these comes in between, and apart from those
 * that Ceph's OSD takes by itself.
 */
const firstPort = 10_240
const endPort = 30_000

/** Workers that run test files at the same time have different shares: in theirs nobody else takes a port. */
const shares = 8
const shareSize = Math.floor((endPort - firstPort) / shares)

let next = Math.floor(Math.random() * shareSize)

/**
 * A TCP port on 127.0.0.1 that was free a moment ago, and another one each time. Outside of a test run, and with more than
 * eight workers, somebody else may still take it: starters try again.
 */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['VITEST_POOL_ID'] ?? Math.floor(Math.random() * shares))
  for (let attempt = 0; attempt < shareSize; attempt += 1) {
    const port = firstPort + (worker % shares) * shareSize + next
    next = (next + 1) % shareSize
    if (await isFree(port)) return port
  }
  throw new Error('there is no free TCP port')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => {
    server.close(() => resolve(true))
  })
  return promise
}
