import { entryKey, type Domain, type EntryRef, type Manifest, type Publication } from '@outlast/snapshot'
import { domains, type Reasons } from '../domains.ts'
import type { Contradictions } from './find-contradictions.ts'

interface Claim {
  readonly publications: Readonly<Record<Domain, Pick<Publication, 'base' | 'knownRevision'>>>
  readonly state: { readonly identity: string; readonly revision: number }
  readonly contradictions: Contradictions
}

/**
 * Whether a state continues the history of the snapshots that it would follow, and under which epoch.
 *
 * Both domains come from one source, so they are judged together and share the epoch. An operator's `resume` lets this
 * source go on with whatever it has. Otherwise another history than that of the snapshots continues under a new epoch when
 * it has the same content, and only by decision of an operator when it has not: `reasons` say why.
 *
 * Within one history a position names one content: what was completed from elsewhere may change while the source stands
 * still (the keyring of a stock APISIX is in a file, and not in its etcd). That goes on under a new epoch as well, because
 * readers that have the position already would never look again. Who sees the same finds it published, and stays.
 *
 * `differs` compares a domain's content with its base; it is only asked where one of the two may be so.
 */
export async function judgeLineage(
  claim: Claim & { readonly unixSeconds: number; readonly differs: (domain: Domain) => Promise<boolean> },
): Promise<{
  readonly reasons: Reasons
  /** Under which the state follows, when nothing stands against it or an operator accepts it. */
  readonly epoch: number
  /** An operator has let this source go on with whatever it has. */
  readonly isResumed: boolean
}> {
  const { publications, state, unixSeconds, differs } = claim
  const isResumed = domains.some((domain) => resumes(publications[domain].base, state.identity))
  const breaks = findBreaks(claim)
  const reasons: Partial<Record<Domain, string>> = {}
  // Epochs of this lineage, and of lineages that this one would replace.
  let ours = 0
  let replaced = 0
  for (const domain of domains) {
    const { base } = publications[domain]
    if (base === undefined) continue
    const reason = breaks[domain]
    if (reason === undefined) {
      ours = Math.max(ours, base.position.epoch)
      continue
    }
    replaced = Math.max(replaced, base.position.epoch)
    if (!isResumed && (await differs(domain))) reasons[domain] = reason
  }

  const continued = ours > replaced ? ours : Math.max(replaced + 1, unixSeconds, 1)
  const isTaken = await isPositionTaken(claim, continued)
  return { reasons, epoch: isTaken ? Math.max(continued + 1, unixSeconds) : continued, isResumed }
}

/** Whether the source is known to have had another content at the position that the state would get. */
async function isPositionTaken(
  { publications, state, differs }: Parameters<typeof judgeLineage>[0],
  epoch: number,
): Promise<boolean> {
  const isKnown = (domain: Domain): boolean => {
    const { base, knownRevision } = publications[domain]
    return base?.source.identity === state.identity && base.position.epoch === epoch && state.revision <= knownRevision
  }
  // Resources are published along with another instance configuration, because they name it.
  if (isKnown('resources')) return (await differs('resources')) || (await differs('instance'))
  return isKnown('instance') && (await differs('instance'))
}

function resumes(base: Manifest | undefined, identity: string): boolean {
  return (base?.approvals ?? []).some(
    (approval) => approval.action === 'resume' && (approval.identity ?? identity) === identity,
  )
}

/** Why the state is not of the history of a base, by domain. */
function findBreaks({ publications, state, contradictions }: Claim): Reasons {
  const restarts: Partial<Record<Domain, string>> = {}
  let restartedEpoch = -1
  for (const domain of domains) {
    const { base, knownRevision } = publications[domain]
    if (base?.source.identity !== state.identity) continue
    const reason = restartReason(state.revision, knownRevision, contradictions[domain])
    if (reason === undefined) continue
    restarts[domain] = reason
    restartedEpoch = Math.max(restartedEpoch, base.position.epoch)
  }
  const anyRestart = restarts.instance ?? restarts.resources

  return Object.fromEntries(
    domains.flatMap((domain) => {
      const { base } = publications[domain]
      if (base === undefined) return []
      const { source, position } = base
      if (source.identity !== state.identity)
        return [
          [domain, `source identity changed from ${source.identity} to ${state.identity}, with different content`],
        ]
      // What shows in one domain holds for the other, unless that one was published since.
      const reason = restarts[domain] ?? anyRestart
      return reason !== undefined && position.epoch <= restartedEpoch ? [[domain, reason]] : []
    }),
  )
}

function restartReason(
  revision: number,
  knownRevision: number,
  contradictions: readonly EntryRef[] = [],
): string | undefined {
  if (revision < knownRevision)
    return `the source went back: it stands at revision ${String(revision)}, and has been at ${String(knownRevision)}`
  const [first] = contradictions
  if (first === undefined) return undefined
  const { length } = contradictions
  const what =
    length === 1
      ? `${entryKey(first)} differs although it was not modified since the snapshot`
      : `${String(length)} entries, ${entryKey(first)} first, differ although they were not modified since the snapshot`
  return `the source was started anew under the same identity: ${what}`
}
