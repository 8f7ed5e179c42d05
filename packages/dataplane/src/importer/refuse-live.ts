import type { Offer } from './candidate.ts'

/**
 * Why a complete answer of the control plane must not replace what is in effect (or, at boot, the newest snapshot);
 * `undefined` when it may. A control plane that comes back empty, older or as somebody else does not wipe a node.
 */
export function refuseLive(live: Offer, reference: Offer): string | undefined {
  if (live.digest === reference.digest && live.identity !== reference.identity) return undefined
  if (live.empty && !reference.empty) return 'the control plane answers with an empty configuration'
  if (live.identity === reference.identity) {
    const { revision } = live.position
    const reached = reference.position.revision
    return revision < reached
      ? `the control plane answers with revision ${revision}, but ${reached} was reached`
      : undefined
  }
  // An empty configuration is nothing to protect: a first installation may be set up twice.
  if (reference.empty) return undefined
  return 'the control plane answers with another identity and another configuration'
}
