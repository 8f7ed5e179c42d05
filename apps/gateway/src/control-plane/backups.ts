import type { Exporter } from '@outlast/exporter'
import type { ConfigSource, Logger, SnapshotStore } from '@outlast/snapshot'
import type { ConfigFile } from '../config/config-file.ts'
import type { ControlPlaneConfig } from '../config/control-plane-config.ts'
import { errorText } from '../error-text.ts'
import { openExporter, type Backup } from '../exporter/open-exporter.ts'
import { exportKeys, planBackup } from '../exporter/plan-backup.ts'
import { checkFallbackStores } from '../storage/check-fallback-stores.ts'
import { rememberVerified, wasVerified } from './verified-destination.ts'

/** Where `fallback_cp` stands in the control plane's file. */
const field: readonly string[] = ['fallback_cp']

/** How each gateway group is backed up: as it was planned the first time it was asked. */
export type BackupPlan = (group: string) => Backup | undefined

/** The plan of a file; without `fallback_cp` there are no backups. Both throw `UserError`; reads key files, reaches out to nothing. */
export async function backupPlan(file: ConfigFile, config: ControlPlaneConfig, logger: Logger): Promise<BackupPlan> {
  const { fallback, schedule } = config
  if (!fallback || !schedule) return () => undefined
  const block = { file, field, fallback }
  const keys = await exportKeys(block)
  const planned = new Map<string, Backup>()
  return (group) => {
    const backup = planned.get(group) ?? planBackup({ ...block, schedule, group, keys, logger })
    planned.set(group, backup)
    return backup
  }
}

/** Where a backup's snapshots are: in its destination, and in replicas. */
export function storesOf(backup: Backup | undefined): readonly SnapshotStore[] {
  return backup === undefined ? [] : [backup.destination, ...backup.replicas].map(({ store }) => store)
}

/**
 * Tries the destinations, so that a mistake in the file is told at the first start. Destinations that have worked before
 * are in an outage at most, which must not keep a control plane from starting, nor delay it: they are left to the
 * exporter, which tries again and says so.
 */
export async function checkBackups(options: {
  readonly file: ConfigFile
  readonly backups: readonly Backup[]
  /** Folder that remembers what has worked. */
  readonly data: string
  /** Try them in any case, and the replicas too; remember nothing. */
  readonly strict: boolean
  readonly signal: AbortSignal
}): Promise<void> {
  const { file, backups, data, strict, signal } = options
  const stores = backups.flatMap(({ destination, replicas }) => (strict ? [destination, ...replicas] : [destination]))
  if (!strict && (await wasVerified(data, stores))) return
  await checkFallbackStores(stores, { file, access: 'write', signal })
  if (!strict) await rememberVerified(data, stores)
}

/** Starts the exporter of one gateway group; failures are in its status and log. */
export function startExporter(backup: Backup, source: ConfigSource, logger: Logger, signal: AbortSignal): Exporter {
  const exporter = openExporter(backup, source, logger)
  void exporter.start({ signal }).catch((error: unknown) => {
    if (!signal.aborted) logger.error({ group: backup.group, reason: errorText(error) }, 'the exporter did not start')
  })
  return exporter
}
