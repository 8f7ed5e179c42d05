import { createExporter, type Exporter, type RetentionOptions } from '@outlast/exporter'
import type { ConfigSource, Logger } from '@outlast/snapshot'
import { fieldProtection, stepwiseValidation } from '@outlast/snapshot/apisix'
import type { ExportSchedule } from '../config/export-schedule.ts'
import type { WritableStore } from '../storage/only-store.ts'
import type { ExportReplica } from './export-replicas.ts'

/** What is exported of one gateway group: where to, and when. */
export interface Backup {
  readonly group: string
  readonly destination: WritableStore
  readonly schedule: ExportSchedule
  readonly replicas: readonly ExportReplica[]
  /** Absent: nothing is deleted. */
  readonly retention: RetentionOptions | undefined
}

/** The exporter of one gateway group, alike in every shape in which it runs. It is not started. */
export function openExporter(backup: Backup, source: ConfigSource, logger: Logger): Exporter {
  const { group, destination, schedule, replicas, retention } = backup
  return createExporter({
    store: destination.store,
    source,
    fields: fieldProtection({ group }),
    validate: stepwiseValidation(),
    schedule,
    replicas,
    retention,
    logger,
  })
}
