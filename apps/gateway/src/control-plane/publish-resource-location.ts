import { resourceLocationEntry } from '../storage/resource-location.ts'
import type { Backup } from '../exporter/open-exporter.ts'
import { groupKey } from './group-keys.ts'
import { keySpan, type ConfigStore } from './store/config-store.ts'

/** Tells data planes that know only the config bucket where the resources are. Writes nothing when that is known already. */
export async function publishResourceLocation(store: ConfigStore, { group, destination }: Backup): Promise<void> {
  const entry = resourceLocationEntry(destination.block)
  if (!entry) return
  const key = groupKey(group, entry)
  const value = JSON.stringify(entry.value)
  const { items } = await store.range({ keys: keySpan(key) })
  if (items[0]?.value !== value) await store.transaction({ operations: [{ type: 'put', key, value }] })
}
