import { ExporterError, type ExportOutcome, type ReplicaStatus } from '@outlast/exporter'
import { SnapshotError, SourceError } from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import { pino } from 'pino'
import { fallbackField } from '../config/exporter-config.ts'
import { explainStorageError } from '../storage/explain-storage-error.ts'
import { UserError } from '../user-error.ts'
import { openExporter } from './open-exporter.ts'
import { readExporterFile } from './read-exporter-file.ts'

export interface OneExport {
  readonly group: string
  readonly outcome: ExportOutcome
  /** How the copy to each came out; those that failed have a `lastError` and no `lastSuccessAt`. */
  readonly replicas: readonly ReplicaStatus[]
}

/**
 * One export, and a copy to each replica, with the file of an independent exporter. Throws a `UserError` when it fails.
 * Warnings and what is held go to the log on standard error.
 */
export async function runExportOnce(options: {
  readonly config: string
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}): Promise<OneExport> {
  const { config: path, environment, signal } = options
  const logger = pino({ name: 'outlast-export', level: 'warn' }, pino.destination({ dest: 2, sync: true }))
  const { file, backup, source } = await readExporterFile({ path, environment, openLogger: () => logger })
  const exporter = openExporter(backup, source, logger)
  try {
    const outcome = await exporter.exportOnce({ signal })
    return { group: backup.group, outcome, replicas: await exporter.replicateOnce({ signal }) }
  } catch (error) {
    signal.throwIfAborted()
    const ofInstance = StorageError.isInstance(error) && error.storage === backup.destination.instance.name
    const domain = ofInstance ? 'instance' : 'resources'
    throw (
      explainStorageError(error, { file, field: fallbackField, fallback: backup.destination, domain }) ??
      explained(error)
    )
  } finally {
    await exporter.stop()
  }
}

/** What the source, the snapshots or the other exporters stand in the way with; anything else is our mistake. */
function explained(error: unknown): unknown {
  const isExpected = SourceError.isInstance(error) || SnapshotError.isInstance(error) || ExporterError.isInstance(error)
  return isExpected ? new UserError(error.message, { cause: error }) : error
}
