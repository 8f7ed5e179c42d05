import type { Domain, Manifest } from '@outlast/snapshot'

export type Bases = Readonly<Record<Domain, Manifest | undefined>>

/** Reasons to hold, by the domain that gives cause. */
export type Holds = Readonly<Partial<Record<Domain, string>>>

export const domains: readonly Domain[] = ['instance', 'resources']

/**
 * Whether a state continues the history of the snapshots that it would follow, and under which epoch.
 *
 * Both domains come from one source, so they are judged together and share the epoch. `differs` compares a domain's content with its
 * base; it is only asked when the identity has changed.
 */
export function judgeLineage(options: {
  readonly bases: Bases
  readonly state: { readonly identity: string; readonly revision: number }
  readonly unixSeconds: number
  readonly differs: (domain: Domain) => boolean
}): { readonly verdict: 'continue'; readonly epoch: number } | { readonly verdict: 'hold'; readonly holds: Holds } {
  const { bases, state, unixSeconds, differs } = options
  const holds: Partial<Record<Domain, string>> = {}
  // Epochs of this lineage, and of lineages that this one would replace.
  let ours = 0
  let replaced = 0

  for (const domain of domains) {
    const base = bases[domain]
    if (base === undefined) continue
    if (base.source.identity === state.identity) {
      ours = Math.max(ours, base.position.epoch)
      if (state.revision < base.position.revision)
        holds[domain] =
          `the source went back: its revision is lower than the snapshot's ${String(base.position.revision)}`
    } else {
      replaced = Math.max(replaced, base.position.epoch)
      if (differs(domain))
        holds[domain] =
          `source identity changed from ${base.source.identity} to ${state.identity}, with different content`
    }
  }

  if (Object.keys(holds).length > 0) return { verdict: 'hold', holds }
  if (ours > replaced) return { verdict: 'continue', epoch: ours }
  return { verdict: 'continue', epoch: Math.max(replaced + 1, unixSeconds, 1) }
}
