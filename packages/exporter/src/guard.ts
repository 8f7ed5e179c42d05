import type { Manifest, SourceState } from '@outlast/snapshot'
import { domains, type Bases, type Holds } from './judge-lineage.ts'

/**
 * Refuses content that would ruin a good backup: an empty configuration never replaces one that is not. An empty instance domain counts
 * too, because resources may be unusable without their keyring.
 */
export function guardContent(bases: Bases, state: SourceState): Holds {
  return Object.fromEntries(
    domains.flatMap((domain) => {
      const count = entryCount(bases[domain])
      if (state[domain].length > 0 || count === 0) return []
      return [[domain, `the source's ${domain} configuration is empty, the snapshot holds ${String(count)} entries`]]
    }),
  )
}

function entryCount(manifest: Manifest | undefined): number {
  return Object.values(manifest?.counts ?? {}).reduce((total, count) => total + count, 0)
}
