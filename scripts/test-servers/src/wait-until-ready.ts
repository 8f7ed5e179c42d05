import { setTimeout as delay } from 'node:timers/promises'

import type { ServerProcess } from './server-process.ts'

const attempts = 3
const readyTimeoutMs = 30_000

/**
 * Between asking the system for a port and listening on it, somebody else may take it. So a server that
 * ends before it is ready gets other ports and another chance.
 */
export async function startWithRetries<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start()
    } catch (error) {
      if (attempt === attempts) throw error
    }
  }
}

/** Waits until `url` answers anything over HTTP while our own child is alive; ends the child and rejects otherwise. */
export async function waitForHttp(server: ServerProcess, url: string, title: string): Promise<void> {
  await waitUntilReady(server, title, async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    await response.body?.cancel()
    return true
  })
}

/** Waits until `isReady` resolves true. Errors mean "not yet"; an ended child or 30 s without success reject. */
export async function waitUntilReady(
  server: ServerProcess,
  title: string,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs
  while (!(await isReady().catch(() => false)) || !server.isAlive()) {
    if (!server.isAlive()) throw new Error(`${title} ended before it was ready:\n${server.output()}`)
    if (Date.now() > deadline) {
      await server.end()
      throw new Error(`${title} was not ready after ${readyTimeoutMs / 1000} s:\n${server.output()}`)
    }
    await delay(20)
  }
}
