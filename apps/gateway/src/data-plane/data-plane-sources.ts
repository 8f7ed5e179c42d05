import type { DataPlaneSources } from '@outlast/dataplane'
import type { Logger } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import type { ConfigFile } from '../config/config-file.ts'
import type { DataPlaneConfig } from '../config/data-plane-config.ts'
import { fallbackStores, type FallbackStore } from '../storage/fallback-stores.ts'

/** Where `fallback_cp` stands in a data plane's file. */
export const fallbackField: readonly string[] = ['deployment', 'fallback_cp']

/** What a data plane's configuration says about where its configuration comes from. Throws `UserError`; reaches out to nothing. */
export function dataPlaneSources(
  file: ConfigFile,
  config: DataPlaneConfig,
  logger: Logger,
): DataPlaneSources & { readonly fallbacks: readonly FallbackStore[] } {
  const fallbacks = config.fallback
    ? fallbackStores({ file, field: fallbackField, fallback: config.fallback, group: config.group, logger })
    : []
  return {
    live: config.live && etcdSource(config.live),
    stores: fallbacks.map(({ store }) => store),
    fallbacks,
  }
}
