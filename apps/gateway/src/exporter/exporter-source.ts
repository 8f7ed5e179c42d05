import { withInstanceEntries, type ConfigSource } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import type { ExporterConfig } from '../config/exporter-config.ts'
import { errorText } from '../error-text.ts'
import { resourceLocationEntry } from '../storage/resource-location.ts'
import type { FallbackStore } from '../storage/fallback-stores.ts'
import { UserError } from '../user-error.ts'

/**
 * The source of an independent exporter: a control plane or etcd, completed by what the file says about the instance, and by
 * where the resources are kept. Throws `UserError`; reaches out to nothing.
 */
export function exporterSource(
  { live, instance }: Pick<ExporterConfig, 'live' | 'instance'>,
  destination: FallbackStore,
): ConfigSource {
  const { origin, ...options } = live
  const location = resourceLocationEntry(destination.block)
  try {
    return withInstanceEntries(etcdSource(options), location ? [...instance, location] : instance)
  } catch (error) {
    throw new UserError(`${origin}: ${errorText(error)}`, { cause: error })
  }
}
