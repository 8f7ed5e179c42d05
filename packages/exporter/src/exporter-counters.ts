/** Since the exporter was created; they only rise. Cycles end in one of four ways. */
export interface ExporterCounters {
  /** Cycles that published a snapshot, or two. */
  readonly published: number
  /** Cycles that found nothing new. */
  readonly unchanged: number
  /** Cycles that refused to replace the backup. */
  readonly held: number
  /** Cycles that failed; those that were broken off are not counted. */
  readonly failed: number
  /** How often another exporter was quicker, and a cycle began again. */
  readonly lostRaces: number
  /** Parts and manifests of published snapshots, as stored. What is copied to replicas is counted there. */
  readonly bytesUploaded: number
  readonly partsUploaded: number
  /** Parts of new snapshots that the ones before had already. */
  readonly partsReused: number
  /** Deleted by retention, in the store and in replicas. */
  readonly prunedSnapshots: number
  readonly prunedParts: number
}

export const noCounts: ExporterCounters = {
  published: 0,
  unchanged: 0,
  held: 0,
  failed: 0,
  lostRaces: 0,
  bytesUploaded: 0,
  partsUploaded: 0,
  partsReused: 0,
  prunedSnapshots: 0,
  prunedParts: 0,
}

export function addCounts(counters: ExporterCounters, added: Partial<ExporterCounters>): ExporterCounters {
  const total = (name: keyof ExporterCounters): number => counters[name] + (added[name] ?? 0)
  return {
    published: total('published'),
    unchanged: total('unchanged'),
    held: total('held'),
    failed: total('failed'),
    lostRaces: total('lostRaces'),
    bytesUploaded: total('bytesUploaded'),
    partsUploaded: total('partsUploaded'),
    partsReused: total('partsReused'),
    prunedSnapshots: total('prunedSnapshots'),
    prunedParts: total('prunedParts'),
  }
}
