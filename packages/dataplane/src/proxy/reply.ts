import { STATUS_CODES } from 'node:http'
import type { ClientSide } from './client-side.ts'

/** An answer of the proxy's own: JSON with `error_msg`, as APISIX answers. Does nothing when an answer has begun. */
export function reply(client: ClientSide, request: { readonly method: string }, code: number, message: string): void {
  const body = Buffer.from(`${JSON.stringify({ error_msg: message })}\n`)
  client.sendHead({
    code,
    reason: STATUS_CODES[code] ?? '',
    endToEnd: `Server: outlast\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`,
    framing: 'length',
    hasDate: false,
  })
  if (request.method !== 'HEAD') client.sendData(body, 0, body.length)
  client.sendEnd('')
}
