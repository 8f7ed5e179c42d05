import type { ExportOutcome, ReplicaStatus } from '@outlast/exporter'
import { pino } from 'pino'
import { explainFailure } from './explain-failure.ts'
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
  const plan = await readExporterFile({ path, environment, openLogger: () => logger })
  const { backup, source } = plan
  const exporter = openExporter(backup, source, logger)
  try {
    const outcome = await exporter.exportOnce({ signal })
    return { group: backup.group, outcome, replicas: await exporter.replicateOnce({ signal }) }
  } catch (error) {
    signal.throwIfAborted()
    throw explainFailure(error, plan)
  } finally {
    await exporter.stop()
  }
}
