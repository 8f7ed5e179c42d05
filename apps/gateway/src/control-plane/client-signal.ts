import type { FastifyReply } from 'fastify'

/** Fires when the client leaves before its answer is complete. (Fastify's own `request.signal` fires once the request is read.) */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const left = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) {
      left.abort()
    }
  })
  return left.signal
}
