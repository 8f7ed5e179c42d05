import { entryCount } from '@outlast/snapshot'
import { domains, type Bases, type Reasons } from '../domains.ts'
import type { ExportState } from '../source/export-state.ts'

/**
 * An empty configuration never replaces one that is not. An empty instance domain counts too, because resources may be
 * unusable without their keyring.
 */
export function guardEmptyConfiguration(bases: Bases, state: ExportState): Reasons {
  return Object.fromEntries(
    domains.flatMap((domain) => {
      const base = bases[domain]
      const count = base === undefined ? 0 : entryCount(base)
      if (state[domain].size > 0 || count === 0) return []
      return [[domain, `the source's ${domain} configuration is empty, the snapshot holds ${String(count)} entries`]]
    }),
  )
}
