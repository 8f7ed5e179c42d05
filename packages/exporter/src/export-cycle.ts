import type { Clock, ConfigSource, Domain, Manifest, ProtectionOf, Publication, SnapshotStore } from '@outlast/snapshot'
import { compareWithBases, type BaseComparison } from './compare-with-bases.ts'
import type { Continuity } from './continuity.ts'
import type { ExportState } from './export-state.ts'
import type { DomainOutcome, ExportOutcome } from './export-outcome.ts'
import { guardContent } from './guard.ts'
import { domains, type Bases, type Holds } from './domains.ts'
import { judgeLineage } from './judge-lineage.ts'
import { readState } from './read-state.ts'
import type { SourceFollower } from './source-follower.ts'

export interface CycleOptions {
  readonly store: SnapshotStore
  readonly source: ConfigSource
  readonly follower: SourceFollower | undefined
  readonly continuity: Continuity
  readonly protectionOf: ProtectionOf
  readonly clock: Clock
  readonly loadTimeoutMs: number
  readonly signal: AbortSignal | undefined
}

export type CycleResult =
  /** Another publisher was quicker: begin again, with its snapshot as the base. */
  | { readonly status: 'lost' }
  | { readonly status: 'done'; readonly state: ExportState; readonly outcome: ExportOutcome }
  | {
      readonly status: 'held'
      readonly state: ExportState
      readonly holds: Holds
      readonly outcome: ExportOutcome
      /** Of what is held with the snapshots that it would replace. */
      readonly comparison: BaseComparison
    }

/**
 * One export: read the bases, then the source, judge, and publish instance before resources, which name the instance snapshot
 * that they need.
 *
 * A state is trusted as a whole or not at all: a reason to hold in one domain holds both. And when the instance domain
 * fails, the cycle fails before it publishes resources that nobody could use.
 */
export async function exportCycle(options: CycleOptions): Promise<CycleResult> {
  const { store, clock, continuity, signal } = options
  const [instance, resources] = await Promise.all([store.instance.begin({ signal }), store.resources.begin({ signal })])
  const publications: Readonly<Record<Domain, Publication>> = { instance, resources }
  const bases: Bases = { instance: instance.base, resources: resources.base }
  const { state, contradictions } = await readState({ ...options, publications, timeoutMs: options.loadTimeoutMs })

  const comparison = compareWithBases({ ...options, publications, state })
  const unixSeconds = Math.floor(clock.now() / 1000)
  const lineage = await judgeLineage({
    publications,
    state,
    contradictions,
    unixSeconds,
    differs: async (domain) => comparison.differs(domain),
  })
  const holds = lineage.verdict === 'hold' ? lineage.holds : guardContent(bases, state)
  if (lineage.verdict === 'hold' || Object.keys(holds).length > 0)
    return { status: 'held', state, holds, outcome: heldOutcome(holds), comparison }

  const position = { epoch: lineage.epoch, revision: state.revision }
  const publish = async (
    domain: Domain,
    publication: Publication,
    needs?: { readonly instance: { readonly epoch: number; readonly revision: number } },
  ): Promise<DomainOutcome | 'lost'> => {
    // Nothing to keep, and nothing kept: a source that is not filled yet.
    if (publication.base === undefined && state[domain].size === 0) return { status: 'empty' }
    const draft = { entries: state[domain], position, source: { identity: state.identity }, needs }
    const result = await publication.publish(draft, { signal })
    // `refused` cannot come of a base that was read before the state; should it, a new look at the base is right as well.
    if (result.status === 'lost' || result.status === 'refused') return 'lost'
    return { status: result.status, manifest: result.manifest }
  }

  const instanceOutcome = await publish('instance', instance)
  if (instanceOutcome === 'lost') return { status: 'lost' }
  const needs = 'manifest' in instanceOutcome ? { instance: instanceOutcome.manifest.position } : undefined
  const resourcesOutcome = await publish('resources', resources, needs)
  if (resourcesOutcome === 'lost') return { status: 'lost' }
  const outcome = { instance: instanceOutcome, resources: resourcesOutcome }
  continuity.confirm(state, snapshotsIn(outcome), lineage.epoch)
  return { status: 'done', state, outcome }
}

function snapshotsIn({ instance, resources }: ExportOutcome): Bases {
  const manifestOf = (outcome: DomainOutcome): Manifest | undefined =>
    'manifest' in outcome ? outcome.manifest : undefined
  return { instance: manifestOf(instance), resources: manifestOf(resources) }
}

function heldOutcome(holds: Holds): ExportOutcome {
  const outcomeOf = (domain: Domain): DomainOutcome => {
    const other = domains.find((candidate) => candidate !== domain) ?? domain
    return { status: 'held', reason: holds[domain] ?? `the ${other} configuration is held` }
  }
  return { instance: outcomeOf('instance'), resources: outcomeOf('resources') }
}
