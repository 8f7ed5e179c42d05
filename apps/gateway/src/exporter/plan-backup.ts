import type { RetentionOptions } from '@outlast/exporter'
import type { Logger } from '@outlast/snapshot'
import type { ConfigFile } from '../config/config-file.ts'
import type { ExportSchedule } from '../config/export-schedule.ts'
import type { FallbackCp } from '../config/fallback-cp.ts'
import type { StoreKeys } from '../snapshot/store-keys.ts'
import { readFallbackKeys } from '../storage/fallback-keys.ts'
import { onlyStore, writableStore } from '../storage/only-store.ts'
import { exportReplicas } from './export-replicas.ts'
import type { Backup } from './open-exporter.ts'

/** `fallback_cp` of a file that asks for exports. */
export interface FallbackBlock {
  readonly file: ConfigFile
  /** Where it stands in the file. */
  readonly field: readonly string[]
  readonly fallback: FallbackCp
}

/** The keys that an exporter needs. Throws `UserError`; reads key files. */
export async function exportKeys(block: FallbackBlock): Promise<StoreKeys> {
  const keys = await readFallbackKeys(block)
  if (keys.trustedKeys && !keys.signer) {
    const message = 'needs signing_key_file as well: nobody would believe what is published here'
    throw block.file.fault([...block.field, 'trusted_key_files'], message)
  }
  return keys
}

/** How a gateway group is backed up. Throws `UserError`; reaches out to nothing. */
export function planBackup(
  options: FallbackBlock & {
    readonly schedule: ExportSchedule
    readonly group: string
    readonly keys: StoreKeys
    readonly logger: Logger
  },
): Backup {
  const { file, fallback, schedule, group } = options
  const advice = 'commits happen in one store only, keep one of the two, or move the other to replicas'
  const destination = writableStore(onlyStore({ ...options, access: 'write', advice }), file)
  return {
    group,
    destination,
    schedule,
    replicas: exportReplicas(options, destination),
    retention: retentionOf(fallback),
  }
}

function retentionOf({ retention }: FallbackCp): RetentionOptions | undefined {
  if (!retention) return undefined
  const { newest, minutely_hours: minutelyHours, hourly_days: hourlyDays } = retention
  return { newest, minutelyHours, hourlyDays }
}
