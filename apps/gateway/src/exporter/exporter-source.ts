import { withInstanceEntries, type ConfigSource } from '@outlast/snapshot'
import { etcdOptions } from '../config/control-plane-link.ts'
import type { ExporterConfig } from '../config/exporter-config.ts'
import { openEtcd } from '../open-etcd.ts'
import { resourceLocationEntry } from '../storage/resource-location.ts'
import type { FallbackStore } from '../storage/fallback-stores.ts'

/**
 * The source of an independent exporter: a control plane or etcd, completed by what the file says about the instance, and by
 * where the resources are kept. Reads certificates. Throws `UserError`; reaches out to nothing.
 */
export function exporterSource(
  { live, instance }: Pick<ExporterConfig, 'live' | 'instance'>,
  destination: FallbackStore,
): ConfigSource {
  const location = resourceLocationEntry(destination.block)
  return withInstanceEntries(openEtcd(etcdOptions(live), live.origin), location ? [...instance, location] : instance)
}
