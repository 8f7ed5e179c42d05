import { existsSync } from 'node:fs'
import type { Entry } from '@outlast/snapshot'
import { entryRefOf, groupKey, groupSpan } from '../../control-plane/group-keys.ts'
import type { ConfigStore } from '../../control-plane/store/config-store.ts'
import { sqliteStore } from '../../control-plane/store/sqlite-store.ts'
import { StoreError } from '../../control-plane/store/store-error.ts'
import { UserError } from '../../user-error.ts'
import { notFine } from '../exit-codes.ts'
import { inBatches } from './in-batches.ts'
import type { Refusal, RestoreTarget, TargetChange } from './restore-target.ts'

/** The store takes no other keys. */
const possibleKey = /^[!-~]{1,1024}$/
/** As the store allows. */
const changesPerTransaction = 128

/**
 * The database of an Outlast control plane that does not run: opening it takes it for this process alone, so one that
 * runs is told. It is created by the first write when there is none.
 */
export function dataFolderTarget(options: { readonly databasePath: string; readonly group: string }): RestoreTarget {
  const { databasePath, group } = options
  let opened: ConfigStore | undefined
  const store = (): ConfigStore => (opened ??= openStore(databasePath))

  return {
    name: `file:${databasePath}`,
    async load({ signal }) {
      if (opened === undefined && !existsSync(databasePath)) return []
      const { items } = await store().range({ keys: groupSpan(group), signal })
      return items.flatMap(({ key, value }) => {
        const ref = entryRefOf(group, key)
        return ref ? [parsed(databasePath, ref, value)] : []
      })
    },
    comparable: (entry) => entry,
    hides: () => false,
    accepts: () => false,
    async apply(changes, { signal, onProgress }) {
      const isPossible = ({ entry }: TargetChange): boolean => possibleKey.test(groupKey(group, entry))
      let done = 0
      for (const batch of inBatches(changes.filter(isPossible), changesPerTransaction)) {
        await store().transaction({ operations: batch.map((change) => operation(group, change)), signal })
        done += batch.length
        onProgress(done)
      }
      return changes
        .filter((change) => !isPossible(change))
        .map(({ entry: { kind, id } }): Refusal => ({ kind, id, reason: 'its key is not printable ASCII' }))
    },
    close: async () => opened?.close(),
  }
}

function operation(group: string, { type, entry }: TargetChange) {
  const key = groupKey(group, entry)
  return type === 'remove'
    ? ({ type: 'delete', key } as const)
    : ({ type: 'put', key, value: JSON.stringify(entry.value) } as const)
}

function openStore(path: string): ConfigStore {
  try {
    return sqliteStore({ path })
  } catch (error) {
    if (!StoreError.isInstance(error)) throw error
    const advice = error.code === 'in-use' ? ': stop the control plane first' : ''
    throw new UserError(`--to: ${error.message}${advice}`, { cause: error })
  }
}

function parsed(path: string, ref: { readonly kind: string; readonly id: string }, text: string): Entry {
  try {
    return { ...ref, value: JSON.parse(text) }
  } catch {
    // The parser's own message would quote the text.
    throw new UserError(`--to: ${path} holds a value that is no JSON`, { exitCode: notFine })
  }
}
