import type { Heartbeat } from '../../src/heartbeat.ts'

/** A heartbeat of a data plane of that name. */
export function heartbeatOf(id: string, changes: Partial<Heartbeat> = {}): Heartbeat {
  return {
    id,
    hostname: `host-of-${id}`,
    version: '1.2.3',
    mode: 'live',
    source: 'etcd://127.0.0.1:7943/gateway_groups/default',
    position: { epoch: 0, revision: 12 },
    digest: 'sha256:abc',
    quarantined: 0,
    startedAt: 1_700_000_000_000,
    ...changes,
  }
}
