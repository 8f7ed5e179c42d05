import { holdReason, type DomainStore, type LatestSnapshot, type StoredApproval } from '@outlast/snapshot'

/** What the store alone tells of an exporter's work in one domain. */
export interface HeldDomain {
  readonly store: DomainStore
  /** Absent while there is no snapshot. */
  readonly latest?: LatestSnapshot | undefined
  /** Why nothing is published, when that is so: by the newest snapshot itself, or by the exporter's heartbeat. */
  readonly held?: string | undefined
  /** What operators have accepted in the place of this very snapshot, and was not published yet. */
  readonly waiting: readonly StoredApproval[]
}

async function readHeldDomain(store: DomainStore, signal: AbortSignal): Promise<HeldDomain> {
  const latest = await store.latest({ signal })
  if (latest === undefined) {
    // What cannot be used, as nobody who is trusted has signed it, must not look like nothing.
    const [newest] = await store.sequences({ signal })
    if (newest !== undefined) await store.manifest(newest, { signal })
    return { store, waiting: [] }
  }
  const { hold } = latest.manifest
  const approvals = await store.approvals({ signal })
  return {
    store,
    latest,
    held: hold === undefined ? latest.held : holdReason(hold),
    waiting: approvals.filter(({ approval }) => approval?.base === latest.digest),
  }
}

/** The domains of a group, in the order in which they are published. Rejects when none of the snapshots can be used. */
export async function readHeldDomains(
  { instance, resources }: { readonly instance: DomainStore; readonly resources: DomainStore },
  signal: AbortSignal,
): Promise<readonly HeldDomain[]> {
  return Promise.all([readHeldDomain(instance, signal), readHeldDomain(resources, signal)])
}
