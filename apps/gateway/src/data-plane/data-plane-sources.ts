import type { DataPlaneSources } from '@outlast/dataplane'
import type { Logger } from '@outlast/snapshot'
import type { ConfigFile } from '../config/config-file.ts'
import type { ControlPlaneLink } from '../config/control-plane-link.ts'
import type { NodeConfig } from '../config/data-plane-config.ts'
import { fallbackField } from '../config/fallback-cp.ts'
import type { StoreKeys } from '../snapshot/store-keys.ts'
import { readFallbackKeys } from '../storage/fallback-keys.ts'
import { readableStores, type ReadableStore } from '../storage/readable-stores.ts'
import { isSameLink, liveSource } from './live-source.ts'

export interface OpenSources extends DataPlaneSources {
  readonly file: ConfigFile
  /** What `live` was opened from. */
  readonly link: ControlPlaneLink | undefined
  /** What `stores` were opened from. */
  readonly fallbacks: readonly ReadableStore[]
  /** For this node's own copies. */
  readonly sealingKeys: StoreKeys['sealingKeys']
}

/**
 * What a node's file says about where its configuration comes from. Reads key files, and reaches out to nothing. Throws
 * `UserError`. What is in `before` with the same settings is the same object, so that it is followed on without a break.
 */
export async function dataPlaneSources(
  file: ConfigFile,
  config: Pick<NodeConfig, 'live' | 'fallback' | 'group'>,
  logger: Logger,
  before?: OpenSources,
): Promise<OpenSources> {
  const { live: link, fallback, group } = config
  const keys = fallback && (await readFallbackKeys({ file, field: fallbackField, fallback }))
  const fallbacks =
    fallback && keys
      ? readableStores({ file, field: fallbackField, fallback, group, keys, logger }, before?.fallbacks)
      : []
  return {
    file,
    live: isSameLink(link, before?.link) ? before?.live : link && liveSource(link),
    link,
    stores: fallbacks.map(({ store }) => store),
    fallbacks,
    sealingKeys: keys?.sealingKeys ?? [],
  }
}
