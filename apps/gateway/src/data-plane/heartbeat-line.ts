import { openConnection } from '@outlast/source-etcd/client'
import type { etcdOptions } from '../config/control-plane-link.ts'
import { heartbeatPath, type Heartbeat } from '../heartbeat.ts'

/** A connection for heartbeats to one address of a control plane. */
export interface HeartbeatLine {
  /** Resolves with the status of the answer. Rejects without one. */
  send(heartbeat: Heartbeat, signal: AbortSignal): Promise<number>
  close(): void
}

/** Opens a line that shows what the node shows to follow; connects when it is used. */
export function heartbeatLine(
  endpoint: string,
  { tls, token }: Pick<ReturnType<typeof etcdOptions>, 'tls' | 'token'>,
): HeartbeatLine {
  const connection = openConnection({ endpoint: endpoint.replace(/\/+$/, ''), tls })
  return {
    async send(heartbeat, signal) {
      const answer = await connection.post({ path: heartbeatPath, body: heartbeat, authorization: token, signal })
      answer.resume()
      return answer.statusCode ?? 0
    },
    close: () => connection.close(),
  }
}
