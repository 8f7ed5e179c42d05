import { isDeepStrictEqual } from 'node:util'
import type { DataPlaneSources } from '@outlast/dataplane'
import type { Logger } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import type { ConfigFile } from '../config/config-file.ts'
import type { ControlPlaneLink } from '../config/control-plane-link.ts'
import type { DataPlaneConfig } from '../config/data-plane-config.ts'
import { errorText } from '../error-text.ts'
import { fallbackStores, type FallbackStore } from '../storage/fallback-stores.ts'
import { UserError } from '../user-error.ts'

/** Where `fallback_cp` stands in a data plane's file. */
export const fallbackField: readonly string[] = ['deployment', 'fallback_cp']

export interface OpenSources extends DataPlaneSources {
  /** What `live` was opened from. */
  readonly link: ControlPlaneLink | undefined
  readonly fallbacks: readonly FallbackStore[]
}

/**
 * What a data plane's configuration says about where its configuration comes from. Throws `UserError`; reaches out to
 * nothing. A control plane that is in `before` with the same settings is the same object, so that it is followed on
 * without a break.
 */
export function dataPlaneSources(
  file: ConfigFile,
  config: DataPlaneConfig,
  logger: Logger,
  before?: OpenSources,
): OpenSources {
  const { live: link, fallback, group } = config
  const fallbacks = fallback
    ? fallbackStores({ file, field: fallbackField, fallback, group, logger, access: 'read' })
    : []
  return {
    live: isDeepStrictEqual(link, before?.link) ? before?.live : link && openLive(link),
    link,
    stores: fallbacks.map(({ store }) => store),
    fallbacks,
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
