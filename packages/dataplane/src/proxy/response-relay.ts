import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { responseHeaders, responseTrailers } from './response-headers.ts'
import { stallTimer } from './stall-timer.ts'

/** Passes an upstream's response to a client, as fast as the client takes it. */
export interface ResponseRelay {
  /** Throws when the head cannot be sent as it is (a control byte in a field, …). */
  head(controller: Dispatcher.DispatchController, statusCode: number, statusMessage: string | undefined): void
  data(controller: Dispatcher.DispatchController, chunk: Buffer): void
  end(controller: Dispatcher.DispatchController): void
  /** What the client has is not the whole: its connection is reset, never ended cleanly (RFC 9112 §8). */
  break(): void
}

export function responseRelay(options: {
  readonly response: ServerResponse
  readonly socket: Socket
  /** How long the client may not read. */
  readonly clientMs: number
}): ResponseRelay {
  const { response, socket } = options
  const timer = stallTimer(() => socket.destroy())

  return {
    head(controller, statusCode, statusMessage) {
      response.writeHead(statusCode, statusMessage ?? '', responseHeaders(controller.rawHeaders, statusCode))
      // A head without body yet (an event stream, a slow answer) must not wait for it.
      setImmediate(() => {
        if (!response.writableEnded && !response.destroyed) response.flushHeaders()
      })
    },
    data(controller, chunk) {
      if (response.write(chunk)) return
      controller.pause()
      timer.arm(options.clientMs)
      response.once('drain', () => {
        timer.disarm()
        controller.resume()
      })
    },
    end(controller) {
      timer.disarm()
      // Ignored unless the response is chunked.
      response.addTrailers(responseTrailers(controller.rawTrailers))
      response.end()
      // An answer without socket waits for earlier ones of the same connection, not for the client.
      if (response.writableFinished || response.socket === null) return
      timer.arm(options.clientMs)
      response.once('close', () => timer.disarm())
    },
    break() {
      timer.disarm()
      socket.resetAndDestroy()
    },
  }
}
