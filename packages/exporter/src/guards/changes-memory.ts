import type { Domain } from '@outlast/snapshot'
import type { DescribedChanges } from './describe-changes.ts'

/** What was compared last in each domain: the base is read once, however often it is asked about and however long a hold lasts. */
export interface ChangesMemory {
  /** Reads what it does not remember under this name; without a name, always. A failure is not remembered. */
  recall(domain: Domain, name: string | undefined, read: () => Promise<DescribedChanges>): Promise<DescribedChanges>
  /** When nothing is held any more: it may be as large as the configuration. */
  forget(): void
}

/** One for each exporter. */
export function changesMemory(): ChangesMemory {
  let known: Partial<Record<Domain, { readonly name: string; readonly changes: DescribedChanges }>> = {}
  return {
    recall: async (domain, name, read) => {
      const before = known[domain]
      if (name !== undefined && before?.name === name) return before.changes
      const changes = await read()
      if (name !== undefined) known[domain] = { name, changes }
      return changes
    },
    forget: () => {
      known = {}
    },
  }
}
