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
  /** How many entries of the base would be gone or different; none, when it cannot be used: it is to be made good then. */
  lost(domain: Domain): Promise<number>
  /** Names what is compared: what has the same name differs alike. `undefined` when that cannot be told; reads nothing. */
  name(domain: Domain): string | undefined
  /** Reads the parts that differ, once. */
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
  const described: Partial<Record<Domain, Promise<DescribedChanges>>> = {}

  const isEncrypted = (): boolean =>
    state.fields.keyIds.length > 0 || publications.resources.base?.needs?.keys !== undefined

  const instanceOfBase = async (): Promise<readonly Entry[]> => {
    const { base } = publications.instance
    return base === undefined ? [] : (await store.instance.load(base, { signal })).entries
  }

  /** Entries of the base, encrypted as the state's are. */
  const asEncryptedNow = async (domain: Domain, entries: readonly Entry[]): Promise<readonly Entry[]> => {
    if (domain === 'instance' || entries.length === 0 || !isEncrypted()) return entries
    const fields = protectionOf(await instanceOfBase())
    return entries.map((entry) => state.fields.protect(fields.reveal(entry).entry))
  }

  const describe = async (domain: Domain): Promise<DescribedChanges> => {
    const { before, after } = await publications[domain].differing(state[domain], { signal })
    return describeChanges(await asEncryptedNow(domain, before), after)
  }
  const describeOnce = async (domain: Domain): Promise<DescribedChanges> =>
    await (described[domain] ??= describe(domain))

  return {
    name: (domain) => {
      const { baseDigest, rootOf } = publications[domain]
      const root = rootOf(state[domain])
      return baseDigest === undefined || root === undefined ? undefined : `${baseDigest} ${root}`
    },
    describe: describeOnce,
    lost: async (domain) => {
      try {
        const { removed, changed } = await describeOnce(domain)
        return removed.length + changed.length
      } catch (error) {
        if (SnapshotError.isInstance(error)) return 0
        throw error
      }
    },
    differs: async (domain) => {
      if (publications[domain].matches(state[domain])) return false
      if (domain === 'instance' || !isEncrypted()) return true
      try {
        const { removed, changed, added } = await describeOnce(domain)
        return removed.length + changed.length + added.length > 0
      } catch (error) {
        if (SnapshotError.isInstance(error)) return true
        throw error
      }
    },
  }
}
