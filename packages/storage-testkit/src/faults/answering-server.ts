import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

import { headOf, type HttpAnswer } from './http-answer.ts'

export interface AnsweringServer {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

/**
 * Gives each request the answer for its path once its head has come, and closes the connection. No `node:http`, which
 * would put right what is wrong in an answer.
 */
export async function startAnsweringServer(answer: (path: string) => HttpAnswer): Promise<AnsweringServer> {
  const host = '127.0.0.1'
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    let request = ''
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      const answered = request.includes('\r\n\r\n')
      if (!answered) request += chunk
      if (answered || !request.includes('\r\n\r\n')) return
      const given = answer(request.split(' ')[1] ?? '')
      socket.end(headOf(given) + (given.body ?? ''))
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return {
    host,
    port: address.port,
    async stop() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
