import type { ApisixSinkStatus, ApisixTargetStatus } from '@outlast/dataplane/sinks'
import { gauge, seconds, type Metric } from '../metrics/prometheus-text.ts'

/** What a monitoring system wants to know of the APISIX beside a sidecar. */
export function sidecarMetrics({ targets, leftOut }: ApisixSinkStatus): readonly Metric[] {
  const ofTargets = (name: string, help: string, read: (target: ApisixTargetStatus) => number | undefined): Metric =>
    gauge(
      `outlast_sidecar_target_${name}`,
      help,
      targets.map((target) => ({ labels: { target: target.name }, value: read(target) })),
    )
  return [
    ofTargets('current', 'Whether it had the newest configuration when it was last looked at.', ({ current }) =>
      Number(current),
    ),
    ofTargets('last_success_timestamp_seconds', 'When it was last seen to have it.', ({ lastSuccessAt }) =>
      seconds(lastSuccessAt),
    ),
    ofTargets('last_error_timestamp_seconds', 'When it last failed; absent while it does not.', ({ lastError }) =>
      seconds(lastError?.at),
    ),
    ofTargets('refused', 'Entries that it does not take.', ({ refused }) => refused.length),
    gauge(
      'outlast_sidecar_left_out',
      'Entries that APISIX has no place for in standalone mode.',
      Object.entries(leftOut).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
  ]
}
