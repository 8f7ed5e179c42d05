import { isDeepStrictEqual } from 'node:util'
import type { DataPlaneSources } from '@outlast/dataplane'
import type { Logger } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import type { ConfigFile } from '../config/config-file.ts'
import type { ControlPlaneLink } from '../config/control-plane-link.ts'
import type { DataPlaneConfig } from '../config/data-plane-config.ts'
import { errorText } from '../error-text.ts'
import type { StoreKeys } from '../snapshot/store-keys.ts'
import { readFallbackKeys } from '../storage/fallback-keys.ts'
import { fallbackStores, type FallbackStore } from '../storage/fallback-stores.ts'
import { UserError } from '../user-error.ts'

/** Where `fallback_cp` stands in a data plane's file. */
export const fallbackField: readonly string[] = ['deployment', 'fallback_cp']

export interface OpenSources extends DataPlaneSources {
  /** What `live` was opened from. */
  readonly link: ControlPlaneLink | undefined
  readonly fallbacks: readonly FallbackStore[]
  /** For this node's own copies. */
  readonly sealingKeys: StoreKeys['sealingKeys']
}

/**
 * What a data plane's configuration says about where its configuration comes from. Reads key files, and reaches out
 * to nothing. Throws `UserError`. A control plane that is in `before` with the same settings is the same object, so that it is followed on
 * without a break.
 */
export async function dataPlaneSources(
  file: ConfigFile,
  config: DataPlaneConfig,
  logger: Logger,
  before?: OpenSources,
): Promise<OpenSources> {
  const { live: link, fallback, group } = config
  const keys = fallback && (await readFallbackKeys({ file, field: fallbackField, fallback }))
  const fallbacks =
    fallback && keys
      ? fallbackStores({ file, field: fallbackField, fallback, group, keys, logger, access: 'read' })
      : []
  return {
    live: isDeepStrictEqual(link, before?.link) ? before?.live : link && openLive(link),
    link,
    stores: fallbacks.map(({ store }) => store),
    fallbacks,
    sealingKeys: keys?.sealingKeys ?? [],
  }
}

function openLive(link: ControlPlaneLink): DataPlaneSources['live'] {
  const { origin, ...options } = link
  try {
    return etcdSource(options)
  } catch (error) {
    throw new UserError(`${origin}: ${errorText(error)}`, { cause: error })
  }
}
