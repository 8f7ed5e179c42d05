import {
  SnapshotError,
  type Domain,
  type Entry,
  type ProtectionOf,
  type Publication,
  type SnapshotStore,
} from '@outlast/snapshot'
import { describeChanges, type DescribedChanges } from './describe-changes.ts'
import type { ExportState } from './export-state.ts'

/** How a state differs from the snapshots that it would follow. */
export interface BaseComparison {
  /** Reads nothing as long as digests can tell. A base that cannot be used differs. */
  differs(domain: Domain): Promise<boolean>
  describe(domain: Domain): Promise<DescribedChanges>
}

/**
 * Fields that were encrypted with other keys, or are in clear in the base, are compared by what they hold: a new keyring,
 * or the first one, changes every ciphertext and no content.
 */
export function compareWithBases(options: {
  readonly store: SnapshotStore
  readonly publications: Readonly<Record<Domain, Publication>>
  readonly state: ExportState
  readonly protectionOf: ProtectionOf
  readonly signal: AbortSignal | undefined
}): BaseComparison {
  const { store, publications, state, protectionOf, signal } = options

  const entriesOf = async (domain: Domain): Promise<readonly Entry[]> => {
    const { base } = publications[domain]
    return base === undefined ? [] : (await store[domain].load(base, { signal })).entries
  }

  const baseOf = async (domain: Domain): Promise<readonly Entry[]> => {
    const entries = await entriesOf(domain)
    if (domain === 'instance' || !isEncrypted()) return entries
    const fields = protectionOf(await entriesOf('instance'))
    return entries.map((entry) => state.fields.protect(fields.reveal(entry).entry))
  }

  const isEncrypted = (): boolean =>
    state.fields.keyIds.length > 0 || publications.resources.base?.needs?.keys !== undefined

  const describe = async (domain: Domain): Promise<DescribedChanges> =>
    describeChanges(await baseOf(domain), [...state[domain]])

  return {
    describe,
    differs: async (domain) => {
      if (publications[domain].matches(state[domain])) return false
      if (domain === 'instance' || !isEncrypted()) return true
      try {
        const { upserted, removed } = await describe(domain)
        return upserted.length + removed.length > 0
      } catch (error) {
        if (SnapshotError.isInstance(error)) return true
        throw error
      }
    },
  }
}
