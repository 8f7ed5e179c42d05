import type { ConfigFile } from '../config/config-file.ts'
import { checkFallbackStores } from '../storage/check-fallback-stores.ts'
import type { Backup } from './open-exporter.ts'

/** Tries the store and every replica for real. Throws a `UserError` that names the field to mend. */
export async function checkBackup(
  { destination, replicas }: Pick<Backup, 'destination' | 'replicas'>,
  { file, signal }: { readonly file: ConfigFile; readonly signal: AbortSignal },
): Promise<void> {
  await checkFallbackStores([destination, ...replicas], { file, access: 'write', signal })
}
