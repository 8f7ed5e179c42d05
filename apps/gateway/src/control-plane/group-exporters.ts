import type { Exporter, ExporterStatus } from '@outlast/exporter'
import { systemClock, type Logger } from '@outlast/snapshot'

import { startExporter, storesOf, type BackupPlan } from './backups.ts'
import { configStoreSource } from './config-store-source.ts'
import { ensureKeyring } from './ensure-keyring.ts'
import type { GroupRole } from './follow-groups.ts'
import { noteBackups } from './noted-backups.ts'
import { publishResourceLocation } from './publish-resource-location.ts'
import type { ConfigStore } from './store/config-store.ts'

export interface GroupExporters extends GroupRole {
  readonly status: () => Readonly<Record<string, ExporterStatus>>
  /** Stops all. */
  readonly close: () => Promise<void>
}

/**
 * The role of a control plane for each of its gateway groups: sees that it has a keyring, and exports it. The start rejects
 * while the backup cannot be asked for the keyring.
 */
export function groupExporters(options: {
  readonly store: ConfigStore
  readonly plan: BackupPlan
  readonly logger: Logger
  readonly signal: AbortSignal
}): GroupExporters {
  const { store, plan, logger, signal } = options
  const running = new Map<string, Exporter>()
  return {
    async start(group) {
      const backup = plan(group)
      // Before there can be a snapshot, so that no control plane takes a key away from it.
      await noteBackups(store, { group, backups: storesOf(backup), clock: systemClock, signal })
      await ensureKeyring({ store, group, backup: backup?.destination.store, logger, signal })
      if (backup === undefined) return
      await publishResourceLocation(store, backup)
      running.set(group, startExporter(backup, configStoreSource(store, group), logger, signal))
    },
    async stop(group) {
      const exporter = running.get(group)
      running.delete(group)
      await exporter?.stop()
    },
    status: () => Object.fromEntries([...running].map(([group, exporter]) => [group, exporter.status()])),
    close: async () => {
      await Promise.all([...running.values()].map((exporter) => exporter.stop()))
    },
  }
}
