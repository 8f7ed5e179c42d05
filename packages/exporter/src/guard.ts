import type { Manifest } from '@outlast/snapshot'
import type { ExportState } from './export-state.ts'
import { domains, type Bases, type Holds } from './domains.ts'

/**
 * Refuses content that would ruin a good backup: an empty configuration never replaces one that is not. An empty instance domain counts
 * too, because resources may be unusable without their keyring.
 */
export function guardContent(bases: Bases, state: ExportState): Holds {
  return Object.fromEntries(
    domains.flatMap((domain) => {
      const count = entryCount(bases[domain])
      if (state[domain].size > 0 || count === 0) return []
      return [[domain, `the source's ${domain} configuration is empty, the snapshot holds ${String(count)} entries`]]
    }),
  )
}

function entryCount(manifest: Manifest | undefined): number {
  return Object.values(manifest?.counts ?? {}).reduce((total, count) => total + count, 0)
}
