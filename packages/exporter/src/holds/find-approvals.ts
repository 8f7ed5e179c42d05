import {
  errorMessage,
  type AcceptApproval,
  type ApprovalSubject,
  type Domain,
  type Logger,
  type Publication,
  type SnapshotStore,
} from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import { domains } from '../domains.ts'
import type { ExportState } from '../source/export-state.ts'
import type { Holds } from './holds.ts'

/** What an operator could accept, by the domain that gives cause. */
export type Candidates = Readonly<Partial<Record<Domain, ApprovalSubject>>>

export type Approvals = Readonly<Partial<Record<Domain, AcceptApproval>>>

/** Only what an accept ends, and of which can be said what it is. */
export function candidatesIn(
  holds: Holds,
  {
    publications,
    state,
  }: { readonly publications: Readonly<Record<Domain, Publication>>; readonly state: ExportState },
): Candidates {
  return Object.fromEntries(
    domains.flatMap((domain) => {
      const publication = publications[domain]
      const { baseDigest: base } = publication
      if (holds[domain]?.endedBy !== 'accept' || base === undefined) return []
      const candidate = publication.rootOf(state[domain])
      return candidate === undefined ? [] : [[domain, { base, candidate, identity: state.identity }]]
    }),
  )
}

/** The accepts that release all of these holds; `undefined` as long as one is missing. One read for each. */
export async function findApprovals(
  holds: Holds,
  options: {
    readonly candidates: Candidates
    readonly store: SnapshotStore
    readonly logger: Logger
    readonly signal: AbortSignal | undefined
  },
): Promise<Approvals | undefined> {
  const { candidates, store, logger, signal } = options
  const found: Partial<Record<Domain, AcceptApproval>> = {}
  for (const domain of domains) {
    if (holds[domain] === undefined) continue
    const candidate = candidates[domain]
    if (candidate === undefined) return undefined
    try {
      const approval = await store[domain].approval(candidate, { signal })
      if (approval === undefined) return undefined
      found[domain] = approval
    } catch (error) {
      if (!StorageError.isInstance(error)) throw error
      // That something is held has to be told in any case.
      logger.warn({ group: store.group, domain, error: errorMessage(error) }, 'approvals could not be read')
      return undefined
    }
  }
  return found
}
