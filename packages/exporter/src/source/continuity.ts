import type { Domain, Manifest } from '@outlast/snapshot'
import type { ExportState } from './export-state.ts'
import { domains, type Bases } from '../domains.ts'

/**
 * How a followed state stands to the newest snapshots:
 * - `proven`: followed, without a gap, from a state that they were made of
 * - `likely`: followed from a state of their epoch; others have published since, so a look at them is due
 * - `unknown`: nothing is known, or the lineage has changed since; the source has to be asked
 */
type Standing = 'proven' | 'likely' | 'unknown'

/** Remembers what was last published of which state, so that what is followed from there need not be looked into again. */
export interface Continuity {
  /** These snapshots hold this state, under this epoch. */
  confirm(state: ExportState, snapshots: Bases, epoch: number): void
  standing(state: ExportState, bases: Bases): Standing
  /**
   * How many entries of this snapshot a state has lost or changed at the most, when the snapshot is the one that was
   * confirmed. Reads nothing; of a state that was followed from there, it costs what has changed.
   */
  mostLost(domain: Domain, state: ExportState, base: Manifest): number | undefined
}

export function continuity(): Continuity {
  let confirmed: { readonly state: ExportState; readonly snapshots: Bases; readonly epoch: number } | undefined

  return {
    confirm: (state, snapshots, epoch) => {
      confirmed = { state, snapshots, epoch }
    },
    standing: ({ modifications }, bases) => {
      if (confirmed?.state.modifications !== modifications) return 'unknown'
      const { snapshots, epoch } = confirmed
      if (domains.every((domain) => bases[domain]?.commitId === snapshots[domain]?.commitId)) return 'proven'
      return domains.every((domain) => (bases[domain]?.position.epoch ?? epoch) === epoch) ? 'likely' : 'unknown'
    },
    mostLost: (domain, state, base) =>
      confirmed?.snapshots[domain]?.commitId === base.commitId
        ? state[domain].lostSince(confirmed.state[domain])
        : undefined,
  }
}
