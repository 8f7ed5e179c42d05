import { connect } from 'node:net'

import { freePort } from './free-port.ts'
import { requireServer } from './server-catalogue.ts'
import { startInScratchFolder } from './start-in-scratch-folder.ts'
import { startServerProcess } from './server-process.ts'
import { waitUntilReady } from './wait-until-ready.ts'

export interface Redis {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a Redis that keeps nothing on disk. Resolves when it answers PING. */
export async function startRedis(): Promise<Redis> {
  requireServer('redis')
  const host = '127.0.0.1'
  return await startInScratchFolder('redis', async (scratch) => {
    const port = await freePort()
    const flags = ['--bind', host, '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', scratch.path]
    const server = await startServerProcess('redis-server', flags, { scratchPath: scratch.path })
    await waitUntilReady(server, 'redis-server', () => answersPing(host, port))
    return {
      url: `redis://${host}:${port}`,
      host,
      port,
      pid: server.pid,
      async stop() {
        await server.end()
        await scratch.remove()
      },
    }
  })
}

async function answersPing(host: string, port: number): Promise<boolean> {
  return await new Promise<boolean>((resolve, reject) => {
    const socket = connect(port, host, () => socket.write('PING\r\n'))
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer to PING')))
    socket.once('error', reject)
    socket.once('data', (reply) => {
      socket.destroy()
      resolve(reply.toString() === '+PONG\r\n')
    })
  })
}
