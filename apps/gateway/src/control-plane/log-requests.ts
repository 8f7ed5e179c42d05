import type { Logger } from '@outlast/snapshot'
import type { FastifyInstance } from 'fastify'

/** One line per answered request. Never the query (it may hold a key), headers, or bodies. */
export function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    const fields = {
      requestId: request.id,
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      remoteAddress: request.ip,
    }
    if (reply.statusCode >= 500) {
      logger.warn(fields, 'request failed')
    } else {
      logger.debug(fields, 'request answered')
    }
    done()
  })
}
