import { systemClock } from '@outlast/snapshot'
import { pino } from 'pino'
import { listenOrExplain } from '../config/listen-address.ts'
import { whenAborted } from '../when-aborted.ts'
import { checkBackup } from './check-backup.ts'
import { explainFailure } from './explain-failure.ts'
import { exporterStatusApp } from './exporter-status-app.ts'
import { openExporter } from './open-exporter.ts'
import { readExporterFile, type ExporterPlan } from './read-exporter-file.ts'

export interface RunExporterOptions {
  readonly config: string
  /** Address of the status port, above that of the file. */
  readonly status?: string | undefined
  /** Only read the file, try stores and source, and return. */
  readonly check?: boolean | undefined
  readonly environment: NodeJS.ProcessEnv
  /** Aborted to stop. */
  readonly signal: AbortSignal
}

/**
 * Runs an independent exporter, API7's backup node, until the signal: it needs nothing but the live source and the store.
 * An outage of either ends nothing; it is in log, status and metrics. Throws `UserError` when it cannot start.
 */
export async function runExporter(options: RunExporterOptions): Promise<void> {
  const { config: path, status: statusFlag, environment, signal } = options
  const logger = pino({ name: 'outlast-exporter' })
  const plan = await readExporterFile({
    path,
    status: statusFlag,
    environment,
    openLogger: ({ logLevel }) => {
      logger.level = logLevel
      return logger
    },
  })
  if (options.check) return checkPlan(plan, signal)

  const { config, backup, source } = plan
  const exporter = openExporter(backup, source, logger)
  const app = exporterStatusApp({ group: backup.group, status: () => exporter.status(), now: () => systemClock.now() })
  try {
    await listenOrExplain(config.statusListen, ({ host, port }) => app.listen({ host, port }))
    logger.info({ group: backup.group, source: source.name, store: backup.destination.store.name }, 'exporting')
    await exporter.start({ signal })
    await whenAborted(signal)
  } finally {
    await exporter.stop()
    await app.close()
  }
}

async function checkPlan(plan: ExporterPlan, signal: AbortSignal): Promise<void> {
  const { file, backup, source } = plan
  try {
    await checkBackup(backup, { file, signal })
    await source.load({ signal })
  } catch (error) {
    signal.throwIfAborted()
    throw explainFailure(error, plan)
  }
}
