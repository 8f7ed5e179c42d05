import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A client of bytes, for what no HTTP library sends. */
export interface RawClient {
  readonly socket: Socket
  send(text: string | Buffer): void
  /** Everything received so far, once it holds `text`; rejects when the connection ends before. */
  until(text: string): Promise<string>
  /** Everything received, and how the connection ended. */
  ended(): Promise<{ readonly text: string; readonly reset: boolean }>
}

export function rawClient(port: number): RawClient {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  let received = ''
  let reset = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const check of waiting) check()
  }
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
    wake()
  })
  socket.on('error', () => {
    reset = true
  })
  socket.on('end', () => socket.end())
  socket.on('close', wake)
  onTestFinished(() => {
    socket.destroy()
  })

  return {
    socket,
    send: (text) => {
      socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    },
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (received.includes(text)) resolve(received)
          else if (socket.closed) reject(new Error(`ended before ${JSON.stringify(text)}: ${JSON.stringify(received)}`))
          else return
          waiting.delete(check)
        }
        waiting.add(check)
        check()
      }),
    ended: () =>
      new Promise((resolve) => {
        const check = () => {
          if (!socket.closed) return
          waiting.delete(check)
          resolve({ text: received, reset })
        }
        waiting.add(check)
        check()
      }),
  }
}

/** Sends one message and waits for the end of the connection. */
export function exchangeRaw(port: number, text: string): Promise<{ readonly text: string; readonly reset: boolean }> {
  const client = rawClient(port)
  client.send(text)
  return client.ended()
}
