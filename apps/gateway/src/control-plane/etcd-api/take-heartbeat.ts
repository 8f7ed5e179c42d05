import { heartbeatSchema } from '../../heartbeat.ts'
import type { DataPlaneRegistry } from '../data-planes/data-plane-registry.ts'
import { EtcdError } from './etcd-error.ts'

/** Larger than any heartbeat of this version, with room for those of later ones. */
export const heartbeatLimitBytes = 8 * 1024

/** `POST` to `heartbeatPath`: notes what a data plane tells of itself. Throws `EtcdError`, which names fields and quotes nothing. */
export function takeHeartbeat(
  registry: DataPlaneRegistry,
  { group, address, body }: { readonly group: string; readonly address: string; readonly body: unknown },
): void {
  const heartbeat = heartbeatSchema.safeParse(body)
  if (!heartbeat.success) {
    const fields = new Set(heartbeat.error.issues.map(({ path }) => path.join('.') || 'the body'))
    throw new EtcdError('invalidArgument', `no heartbeat: wrong ${[...fields].join(', ')}`)
  }
  registry.note({ group, address, heartbeat: heartbeat.data })
}
