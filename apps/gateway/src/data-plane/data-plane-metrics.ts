import type { DataPlaneMode, DataPlaneStatus, SourceReport } from '@outlast/dataplane'
import { gauge, seconds, type Metric } from '../metrics/prometheus-text.ts'

const modes: readonly DataPlaneMode[] = ['starting', 'live', 'holding', 'standalone']

/**
 * What a monitoring system wants to know of a data plane; under APISIX's names where it has one for it. `now` in
 * milliseconds since the Unix epoch.
 */
export function dataPlaneMetrics(
  status: DataPlaneStatus,
  { hostname, now }: { hostname: string; now: number },
): Metric[] {
  const { sources, orders, position } = status
  const reports = [sources.live, ...sources.stores, sources.local].filter((report) => report !== undefined)
  return [
    gauge('apisix_node_info', 'Info of the node.', [{ labels: { hostname }, value: 1 }]),
    gauge('apisix_etcd_reachable', 'Whether the control plane answers: 0 is unreachable.', [
      { value: sources.live && Number(answers(sources.live)) },
    ]),
    gauge('apisix_etcd_modify_indexes', "Revision of the control plane's configuration that is in effect.", [
      { labels: { key: 'x_etcd_index' }, value: status.mode === 'live' ? position?.revision : undefined },
    ]),
    gauge(
      'outlast_dataplane_mode',
      '1 for the mode that the data plane is in, 0 for the others.',
      modes.map((mode) => ({ labels: { mode }, value: Number(status.mode === mode) })),
    ),
    gauge('outlast_dataplane_ready', 'Whether a complete configuration is in effect.', [
      { value: Number(status.ready) },
    ]),
    gauge('outlast_dataplane_held', 'Whether the control plane answers and is not followed.', [
      { value: Number(status.held !== undefined) },
    ]),
    gauge('outlast_dataplane_epoch', 'Epoch of the configuration in effect.', [{ value: position?.epoch }]),
    gauge('outlast_dataplane_revision', 'Source revision of the configuration in effect.', [
      { value: position?.revision },
    ]),
    gauge('outlast_dataplane_applied_timestamp_seconds', 'When the configuration in effect last changed.', [
      { value: seconds(status.appliedAt) },
    ]),
    gauge('outlast_dataplane_age_seconds', 'Time since it was known to equal its source.', [
      { value: status.matchedAt === undefined ? undefined : seconds(Math.max(0, now - status.matchedAt)) },
    ]),
    gauge('outlast_dataplane_delayed', 'Whether a configuration waits until its delay is over.', [
      { value: Number(status.delayed !== undefined) },
    ]),
    gauge('outlast_dataplane_apply_failed', 'Whether the last configuration could not take effect.', [
      { value: Number(status.applyError !== undefined) },
    ]),
    gauge('outlast_dataplane_quarantined', 'Entries that cannot be used.', [{ value: status.quarantined.length }]),
    gauge('outlast_dataplane_poisoned', 'Configurations that are passed over because they kill the process.', [
      { value: status.poisoned.length },
    ]),
    gauge(
      'outlast_dataplane_floor_epoch',
      'Epoch below which nothing of a store is taken.',
      status.floors.map(({ store, position: { epoch } }) => ({ labels: { store }, value: epoch })),
    ),
    gauge(
      'outlast_dataplane_floor_revision',
      'Source revision, within that epoch, below which nothing of a store is taken.',
      status.floors.map(({ store, position: { revision } }) => ({ labels: { store }, value: revision })),
    ),
    gauge(
      'outlast_dataplane_disk_failing',
      'Whether what this node keeps on its disk cannot be read or written.',
      Object.entries({
        copies: status.localCopyError,
        floors: status.floorsError,
        orders: status.ordersError,
        poison: status.poisonNoteError,
      }).map(([what, error]) => ({ labels: { what }, value: Number(error !== undefined) })),
    ),
    gauge(
      'outlast_dataplane_ordered',
      'Whether an operator has ordered this.',
      (['pinned', 'frozen', 'standalone'] as const).map((order) => ({
        labels: { order },
        value: Number(orders[order] !== undefined),
      })),
    ),
    gauge(
      'outlast_dataplane_source_last_success_timestamp_seconds',
      'When a source last answered.',
      reports.map(({ name, lastSuccessAt }) => ({ labels: { source: name }, value: seconds(lastSuccessAt) })),
    ),
    gauge(
      'outlast_dataplane_source_last_error_timestamp_seconds',
      'When a source last failed.',
      reports.map(({ name, lastError }) => ({ labels: { source: name }, value: seconds(lastError?.at) })),
    ),
  ]
}

function answers({ lastSuccessAt, lastError }: SourceReport): boolean {
  return lastSuccessAt !== undefined && (lastError === undefined || lastSuccessAt >= lastError.at)
}
