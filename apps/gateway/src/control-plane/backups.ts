import { createExporter, type Exporter } from '@outlast/exporter'
import type { ConfigSource, Logger } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import type { ConfigFile } from '../config/config-file.ts'
import type { ControlPlaneConfig } from '../config/control-plane-config.ts'
import { errorText } from '../error-text.ts'
import { checkFallbackStores } from '../storage/check-fallback-stores.ts'
import { readFallbackKeys } from '../storage/fallback-keys.ts'
import { fallbackStores, type FallbackStore } from '../storage/fallback-stores.ts'
import { rememberVerified, wasVerified } from './verified-destination.ts'

/** Where `fallback_cp` stands in the control plane's file. */
const field: readonly string[] = ['fallback_cp']

/** The backup of one gateway group: where it goes, and when. */
export interface Backup {
  readonly group: string
  readonly destination: FallbackStore
  readonly schedule: string | { readonly everyMs: number }
}

/** One backup a gateway group; none without `fallback_cp`. Throws `UserError`; reads key files, and reaches out to nothing. */
export async function backupsOf(file: ConfigFile, config: ControlPlaneConfig, logger: Logger): Promise<Backup[]> {
  const { fallback } = config
  if (!fallback) return []
  const keys = await readFallbackKeys({ file, field, fallback: fallback.block })
  if (keys.trustedKeys && !keys.signer) {
    const message = 'needs signing_key_file as well: nobody would believe what this control plane publishes'
    throw file.fault([...field, 'trusted_key_files'], message)
  }
  return config.gatewayGroups.map((group) => {
    const [destination, second] = fallbackStores({
      file,
      field,
      fallback: fallback.block,
      group,
      keys,
      logger,
      access: 'write',
    })
    if (!destination) throw file.fault(field, 'names no storage')
    if (second) {
      throw file.fault(
        [...field, second.block.name],
        `${destination.block.name} is set as well; commits happen in one store only, keep one of the two`,
      )
    }
    if (!destination.block.resource) {
      throw file.fault([...field, destination.block.name], 'must name the resource bucket as well')
    }
    return { group, destination, schedule: fallback.schedule }
  })
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
  /** Try them in any case, and remember nothing. */
  readonly strict: boolean
  readonly signal: AbortSignal
}): Promise<void> {
  const { file, backups, data, strict, signal } = options
  const stores = backups.map(({ destination }) => destination)
  if (!strict && (await wasVerified(data, stores))) return
  await checkFallbackStores({ file, field, stores, access: 'write', signal })
  if (!strict) await rememberVerified(data, stores)
}

/** Starts the exporter of one gateway group; failures are in its status and log. */
export function startExporter(backup: Backup, source: ConfigSource, logger: Logger, signal: AbortSignal): Exporter {
  const { group, destination, schedule } = backup
  const exporter = createExporter({
    store: destination.store,
    source,
    fields: fieldProtection({ group }),
    schedule,
    logger,
  })
  void exporter.start({ signal }).catch((error: unknown) => {
    if (!signal.aborted) logger.error({ group, reason: errorText(error) }, 'the exporter did not start')
  })
  return exporter
}
