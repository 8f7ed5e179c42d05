import type { DataPlaneStatus } from '@outlast/dataplane'
import type { ApisixSinkStatus } from '@outlast/dataplane/sinks'
import fastify, { type FastifyInstance } from 'fastify'

/**
 * The status port of a sidecar: `/status` (the process is up), `/status/ready` (APISIX was given a complete
 * configuration), and `/status/detail`.
 */
export function sidecarStatusApp(options: {
  readonly status: () => DataPlaneStatus
  readonly sink: () => ApisixSinkStatus
}): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  app.get('/status', () => ({ status: 'ok' }))
  app.get('/status/ready', (_request, reply) => {
    const problem = whyNotReady(options.status(), options.sink())
    return problem === undefined
      ? reply.send({ status: 'ok' })
      : reply.code(503).send({ status: 'error', error: problem })
  })
  app.get('/status/detail', () => ({ ...options.status(), sink: options.sink() }))
  return app
}

/** What was delivered once stays in effect, whatever fails later. */
function whyNotReady({ ready }: DataPlaneStatus, { targets }: ApisixSinkStatus): string | undefined {
  if (targets.some(({ digest }) => digest !== undefined)) return undefined
  if (!ready) return 'no complete configuration was found yet'
  return `APISIX was not given its configuration yet: ${targets[0]?.lastError?.message ?? 'it is on its way'}`
}
