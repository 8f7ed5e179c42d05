import {
  SnapshotError,
  type Domain,
  type Entry,
  type ProtectionOf,
  type Publication,
  type SnapshotStore,
} from '@outlast/snapshot'
import type { ChangesMemory } from './changes-memory.ts'
import { describeChanges, type DescribedChanges } from './describe-changes.ts'
import type { ExportState } from '../source/export-state.ts'

/** How a state differs from the snapshots that it would follow. */
export interface BaseComparison {
  /** Reads nothing as long as digests can tell. A base that cannot be used differs; without one, nothing equals it. */
  differs(domain: Domain): Promise<boolean>
  /** How many entries of the base would be gone or different, of those that can be read: what is lost is to be made good. */
  lost(domain: Domain): Promise<number>
  /** Reads the parts that differ, once for as long as the same is compared. */
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
  readonly changesMemory: ChangesMemory
  readonly signal: AbortSignal | undefined
}): BaseComparison {
  const { store, publications, state, protectionOf, changesMemory, signal } = options

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

  /** Names what is compared: what has the same name differs alike. `undefined` when that cannot be told; reads nothing. */
  const nameOf = (domain: Domain): string | undefined => {
    const publication = publications[domain]
    const root = publication.rootOf(state[domain])
    if (root === undefined) return undefined
    // What resources of the base are encrypted with is in its instance configuration.
    return [publication.baseDigest, publications.instance.baseDigest, root].join(' ')
  }

  const readChanges = async (domain: Domain, usableOnly: boolean): Promise<DescribedChanges> => {
    const { before, after } = await publications[domain].differing(state[domain], { usableOnly, signal })
    return describeChanges(await asEncryptedNow(domain, before), after)
  }
  const describe = async (domain: Domain): Promise<DescribedChanges> =>
    await changesMemory.recall(domain, nameOf(domain), async () => readChanges(domain, false))

  return {
    describe,
    lost: async (domain) => {
      try {
        return countLost(await describe(domain))
      } catch (error) {
        if (!SnapshotError.isInstance(error)) throw error
      }
      try {
        return countLost(await readChanges(domain, true))
      } catch (error) {
        // Nothing can be told of what it was encrypted with.
        if (SnapshotError.isInstance(error)) return 0
        throw error
      }
    },
    differs: async (domain) => {
      if (publications[domain].base === undefined) return state[domain].size > 0
      if (publications[domain].matches(state[domain])) return false
      if (domain === 'instance' || !isEncrypted()) return true
      try {
        const changes = await describe(domain)
        return countLost(changes) + changes.added.length > 0
      } catch (error) {
        if (SnapshotError.isInstance(error)) return true
        throw error
      }
    },
  }
}

function countLost({ removed, changed }: DescribedChanges): number {
  return removed.length + changed.length
}
