import type { ExporterCounters, ExporterStatus } from '@outlast/exporter'
import type { Domain } from '@outlast/snapshot'
import { seconds, type Labels, type Metric } from '../metrics/prometheus-text.ts'

interface Reading {
  readonly labels?: Labels
  readonly value: number | undefined
}

const domains: readonly Domain[] = ['instance', 'resources']

/** What a monitoring system wants to know of exporters, by gateway group. `now` in milliseconds since the Unix epoch. */
export function exporterMetrics(statuses: Readonly<Record<string, ExporterStatus>>, now: number): readonly Metric[] {
  /** One sample a group, or several with labels of their own. */
  const samples = (read: (status: ExporterStatus) => readonly Reading[]): Metric['samples'] =>
    Object.entries(statuses).flatMap(([group, status]) =>
      read(status).map(({ labels, value }) => ({ labels: { gateway_group: group, ...labels }, value })),
    )
  const gauge = (name: string, help: string, read: (status: ExporterStatus) => readonly Reading[]): Metric => ({
    name: `outlast_exporter_${name}`,
    help,
    type: 'gauge',
    samples: samples(read),
  })
  const ofDomains =
    (read: (domain: ExporterStatus['domains'][Domain]) => number | undefined) => (status: ExporterStatus) =>
      domains.map((domain) => ({ labels: { domain }, value: read(status.domains[domain]) }))
  const ofReplicas =
    (read: (replica: ExporterStatus['replicas'][number]['domains'][Domain]) => number | undefined) =>
    (status: ExporterStatus) =>
      status.replicas.flatMap(({ name, domains: copies }) =>
        domains.map((domain) => ({ labels: { replica: name, domain }, value: read(copies[domain]) })),
      )

  return [
    gauge('last_attempt_timestamp_seconds', 'When the last export began.', ({ lastAttemptAt }) => [
      { value: seconds(lastAttemptAt) },
    ]),
    gauge(
      'last_success_timestamp_seconds',
      'When the backup last was found, or made, equal to the source.',
      (status) => [{ value: seconds(status.lastSuccessAt) }],
    ),
    gauge('last_cycle_seconds', 'How long the last export took.', ({ lastCycleMs }) => [
      { value: seconds(lastCycleMs) },
    ]),
    gauge('failures', 'How many exports in a row have failed.', ({ failures }) => [{ value: failures }]),
    gauge(
      'backup_age_seconds',
      'Time since the newest snapshot was known to be equal to the source, by whichever exporter.',
      ofDomains(({ matchedAt }) => (matchedAt === undefined ? undefined : seconds(Math.max(0, now - matchedAt)))),
    ),
    gauge(
      'held',
      '1 while the exporter refuses to replace the backup: see "outlast exporter status".',
      ofDomains(({ held }) => (held === undefined ? 0 : 1)),
    ),
    gauge('hold_info', 'Always 1: what the hold of a domain is about.', ({ domains: states }) =>
      domains.flatMap((domain) => {
        const cause = states[domain].held?.cause
        return cause === undefined ? [] : [{ labels: { domain, cause }, value: 1 }]
      }),
    ),
    gauge(
      'snapshot_sequence',
      'Sequence of the newest snapshot.',
      ofDomains(({ sequence }) => sequence),
    ),
    gauge(
      'snapshot_epoch',
      'Epoch of its position.',
      ofDomains(({ position }) => position?.epoch),
    ),
    gauge(
      'snapshot_revision',
      'Source revision of its position.',
      ofDomains(({ position }) => position?.revision),
    ),
    gauge(
      'snapshot_entries',
      'How many entries it has.',
      ofDomains(({ entries }) => entries),
    ),
    ...counted.map(([name, counter, help]) => ({
      name: `outlast_exporter_${name}_total`,
      help,
      type: 'counter' as const,
      samples: samples(({ counters }) => [{ value: counters[counter] }]),
    })),
    gauge(
      'replica_lag_snapshots',
      'How many snapshots a replica is behind.',
      ofReplicas(({ lag }) => lag.sequences),
    ),
    gauge(
      'replica_lag_seconds',
      'How long it has been behind.',
      ofReplicas(({ lag }) => seconds(lag.ms)),
    ),
    gauge('replica_last_success_timestamp_seconds', 'When a replica last had everything.', ({ replicas }) =>
      replicas.map(({ name, lastSuccessAt }) => ({ labels: { replica: name }, value: seconds(lastSuccessAt) })),
    ),
  ]
}

const counted: readonly (readonly [name: string, counter: keyof ExporterCounters, help: string])[] = [
  ['published', 'published', 'Exports that published a snapshot.'],
  ['unchanged', 'unchanged', 'Exports that found nothing new.'],
  ['holds', 'held', 'Exports that refused to replace the backup.'],
  ['failed', 'failed', 'Exports that failed.'],
  ['lost_races', 'lostRaces', 'How often another exporter was quicker.'],
  ['uploaded_bytes', 'bytesUploaded', 'Bytes written to the store.'],
  ['uploaded_parts', 'partsUploaded', 'Parts written to the store.'],
  ['reused_parts', 'partsReused', 'Parts of new snapshots that were there already.'],
  ['pruned_snapshots', 'prunedSnapshots', 'Snapshots deleted by retention.'],
  ['pruned_parts', 'prunedParts', 'Parts deleted by retention.'],
]
