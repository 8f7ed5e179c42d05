import type { DecidedBy } from '@outlast/snapshot'

export type ControlResult =
  /** In force. `outlives`: also after a restart. */
  | { readonly status: 'done'; readonly outlives: boolean }
  /** Nothing has changed. */
  | { readonly status: 'refused'; readonly reason: string }

/**
 * What operators can order one node to do. Every order is logged with actor and reason, and stays in force until it is
 * taken back, over restarts too where the data plane was given a note for them. What takes effect because of it does so
 * soon after; `status()` tells. Nothing here rejects.
 */
export interface DataPlaneControl {
  /** Runs the snapshot with this number, older ones too, and stays there. Refused when no store has it whole. */
  pin(sequence: number, by: DecidedBy): Promise<ControlResult>
  /** Ends `pin`. */
  unpin(by: DecidedBy): Promise<ControlResult>
  /** Keeps what is in effect, whatever comes, a pinned snapshot too. */
  freeze(by: DecidedBy): Promise<ControlResult>
  /** Ends `freeze`. */
  unfreeze(by: DecidedBy): Promise<ControlResult>
  /** Follows snapshots only. */
  standalone(by: DecidedBy): Promise<ControlResult>
  /** Ends `standalone`. */
  auto(by: DecidedBy): Promise<ControlResult>
  /**
   * Follows the control plane that is held now, from exactly what it says now (from `digest` only, when that is given).
   * What an operator of the whole fleet holds, after a rollback for example, is not for a node to accept.
   */
  accept(by: DecidedBy, options?: { readonly digest?: string | undefined }): Promise<ControlResult>
  /**
   * Takes away what keeps this node from reading older snapshots than those that it has run, as when a store was lost and an
   * older copy of it is all that is left. Floors rise again by themselves.
   */
  resetFloor(by: DecidedBy): Promise<ControlResult>
  /** Asks every source at once rather than at the next turn. */
  fetchNow(by: DecidedBy): Promise<ControlResult>
}
