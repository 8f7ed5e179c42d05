import {
  type Clock,
  type ConfigSource,
  type Domain,
  type Logger,
  type Manifest,
  type ProtectionOf,
  type Publication,
  type SnapshotStore,
} from '@outlast/snapshot'
import type { ChangesMemory } from './guards/changes-memory.ts'
import { compareWithBases, type BaseComparison } from './guards/compare-with-bases.ts'
import type { Continuity } from './source/continuity.ts'
import type { ExportState } from './source/export-state.ts'
import type { DomainOutcome, ExportOutcome, PublishedOutcome } from './export-outcome.ts'
import { candidatesIn, findApprovals, type Candidates } from './holds/find-approvals.ts'
import { domains, type Bases } from './domains.ts'
import type { Holds } from './holds/holds.ts'
import { judgeState } from './guards/judge-state.ts'
import { readState } from './source/read-state.ts'
import type { SourceFollower } from './source/source-follower.ts'

export interface CycleOptions {
  readonly store: SnapshotStore
  readonly source: ConfigSource
  readonly follower: SourceFollower | undefined
  readonly continuity: Continuity
  readonly changesMemory: ChangesMemory
  readonly protectionOf: ProtectionOf
  readonly clock: Clock
  readonly logger: Logger
  readonly loadTimeoutMs: number
  /** How old the last look at all parts of the newest snapshots may be. */
  readonly verifiedWithinMs: number
  /** Told of what the store holds, whatever comes of the rest. */
  readonly onBegun: (publications: Readonly<Record<Domain, Publication>>) => void
  /** Told of each new snapshot, whatever comes of the other domain. */
  readonly onPublished: (domain: Domain, outcome: PublishedOutcome) => void
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
      readonly candidates: Candidates
      readonly outcome: ExportOutcome
      /** Of what is held with the snapshots that it would replace. */
      readonly comparison: BaseComparison
    }

/**
 * One export: read the bases, then the source, judge, and publish instance before resources, which name the instance snapshot
 * that they need.
 *
 * A state is trusted as a whole or not at all: a reason to hold in one domain holds both, until an operator has accepted
 * it. And when the instance domain
 * fails, the cycle fails before it publishes resources that nobody could use.
 */
export async function exportCycle(options: CycleOptions): Promise<CycleResult> {
  const { store, clock, continuity, verifiedWithinMs, onBegun, onPublished, signal } = options
  const [instance, resources] = await Promise.all([
    store.instance.begin({ verifiedWithinMs, signal }),
    store.resources.begin({ verifiedWithinMs, signal }),
  ])
  const publications: Readonly<Record<Domain, Publication>> = { instance, resources }
  onBegun(publications)
  const bases: Bases = { instance: instance.base, resources: resources.base }
  const { state, contradictions } = await readState({ ...options, publications, timeoutMs: options.loadTimeoutMs })

  const comparison = compareWithBases({ ...options, publications, state })
  const { holds, epoch } = await judgeState({
    ...options,
    publications,
    bases,
    state,
    contradictions,
    comparison,
    now: clock.now(),
  })
  const candidates = candidatesIn(holds, { publications, state })
  const approvals = await findApprovals(holds, { ...options, candidates })
  if (approvals === undefined) {
    return { status: 'held', state, holds, candidates, outcome: heldOutcome(holds), comparison }
  }

  const position = { epoch, revision: state.revision }
  const publish = async (
    domain: Domain,
    publication: Publication,
    needs?: { readonly instance: { readonly epoch: number; readonly revision: number } },
  ): Promise<DomainOutcome | 'lost'> => {
    // Nothing to keep, and nothing kept: a source that is not filled yet.
    if (publication.base === undefined && state[domain].size === 0) return { status: 'empty' }
    const approval = approvals[domain]
    const draft = {
      entries: state[domain],
      position,
      source: { identity: state.identity },
      needs,
      approvals: approval && [approval],
    }
    const result = await publication.publish(draft, { signal })
    // `refused` cannot come of a base that was read before the state; should it, a new look at the base is right as well.
    if (result.status === 'lost' || result.status === 'refused') return 'lost'
    if (result.status === 'published') onPublished(domain, result)
    return result
  }

  const instanceOutcome = await publish('instance', instance)
  if (instanceOutcome === 'lost') return { status: 'lost' }
  const needs = 'manifest' in instanceOutcome ? { instance: instanceOutcome.manifest.position } : undefined
  const resourcesOutcome = await publish('resources', resources, needs)
  if (resourcesOutcome === 'lost') return { status: 'lost' }
  const outcome = { instance: instanceOutcome, resources: resourcesOutcome }
  continuity.confirm(state, snapshotsIn(outcome), epoch)
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
    return { status: 'held', reason: holds[domain]?.reason ?? `the ${other} configuration is held` }
  }
  return { instance: outcomeOf('instance'), resources: outcomeOf('resources') }
}
