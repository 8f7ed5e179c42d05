import type { DataPlaneStatus } from '@outlast/dataplane'
import type { Heartbeat } from '../heartbeat.ts'

/** Longer texts would be refused. */
const longestText = 256

/** What a node tells its control plane of how it is now. */
export function nodeHeartbeat(
  { mode, source, position, digest, quarantined }: DataPlaneStatus,
  node: Pick<Heartbeat, 'id' | 'hostname' | 'version' | 'startedAt'>,
): Heartbeat {
  return {
    ...node,
    hostname: node.hostname.slice(0, longestText),
    mode,
    source: source?.slice(0, longestText),
    position,
    digest,
    quarantined: quarantined.length,
  }
}
