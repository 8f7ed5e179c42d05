import type { ConfigFile } from '../config/config-file.ts'
import { checkFallbackStores } from '../storage/check-fallback-stores.ts'
import type { Backup } from './open-exporter.ts'

/** Tries the store and every replica for real. Throws a `UserError` that names the field to mend. */
export async function checkBackup(options: {
  readonly file: ConfigFile
  /** Where `fallback_cp` stands in the file. */
  readonly field: readonly PropertyKey[]
  readonly backup: Backup
  readonly signal: AbortSignal
}): Promise<void> {
  const { file, field, backup, signal } = options
  for (const [place, store] of [
    [field, backup.destination] as const,
    ...backup.replicas.map((replica) => [replica.field, replica] as const),
  ]) {
    await checkFallbackStores({ file, field: place, stores: [store], access: 'write', signal })
  }
}
