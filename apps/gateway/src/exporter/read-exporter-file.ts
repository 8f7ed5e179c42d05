import type { ConfigSource, Logger } from '@outlast/snapshot'
import { readConfigFile, type ConfigFile } from '../config/config-file.ts'
import { exporterConfig, type ExporterConfig } from '../config/exporter-config.ts'
import { fallbackField } from '../config/fallback-cp.ts'
import { warnOfIgnoredKeys } from '../config/unknown-keys.ts'
import { exporterSource } from './exporter-source.ts'
import type { Backup } from './open-exporter.ts'
import { exportKeys, planBackup } from './plan-backup.ts'

/** An independent exporter, as its file describes it. */
export interface ExporterPlan {
  readonly file: ConfigFile
  readonly config: ExporterConfig
  readonly backup: Backup
  readonly source: ConfigSource
}

/** Throws `UserError`; reads the file, certificates and keys, and reaches out to nothing. `openLogger` is handed the level that the file asks for. */
export async function readExporterFile(options: {
  readonly path: string
  readonly status?: string | undefined
  readonly environment: NodeJS.ProcessEnv
  readonly openLogger: (config: ExporterConfig) => Logger
}): Promise<ExporterPlan> {
  const { path, environment, openLogger } = options
  const file = await readConfigFile(path, environment)
  const config = exporterConfig(file, options, environment)
  const logger = openLogger(config)
  warnOfIgnoredKeys(config, logger)
  const { group, fallback, schedule } = config
  const block = { file, field: fallbackField, fallback }
  const backup = planBackup({ ...block, schedule, group, keys: await exportKeys(block), logger })
  return { file, config, backup, source: exporterSource(config, backup.destination) }
}
