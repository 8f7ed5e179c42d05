import type { ChaosFault } from '../chaos/chaos-fault.ts'
import { chaosProxy } from '../chaos/chaos-proxy.ts'
import { startAnsweringServer } from './answering-server.ts'
import type { FaultServer } from './fault-case.ts'
import type { HttpAnswer } from './http-answer.ts'

/** A network that misbehaves, with nobody in it who would answer. */
export async function startFault(fault: ChaosFault): Promise<FaultServer> {
  const proxy = await chaosProxy({ fault })
  return fault === 'refuse' ? { ...proxy, connections: () => undefined } : proxy
}

/** A server with these answers, behind a network that may misbehave. */
export async function startAnswers(
  answer: (path: string) => HttpAnswer,
  fault: ChaosFault = 'pass',
): Promise<FaultServer> {
  const server = await startAnsweringServer(answer)
  const proxy = await chaosProxy({ upstream: server, fault })
  return {
    ...proxy,
    async stop() {
      await Promise.all([proxy.stop(), server.stop()])
    },
  }
}

/** No server, because there is no such name (RFC 6761, section 6.4). */
export const unresolvable: FaultServer = {
  host: 'unresolvable.invalid',
  port: 80,
  connections: () => undefined,
  openConnections: () => 0,
  stop: async () => undefined,
}
