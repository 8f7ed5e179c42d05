import { compareEntries, entryKey } from '@outlast/snapshot'
import { changesPerTransaction, etcdSource, etcdWriter, type EtcdWriterOptions } from '@outlast/source-etcd'
import { UserError } from '../../user-error.ts'
import { notFine } from '../exit-codes.ts'
import { inBatches } from './in-batches.ts'
import type { RestoreTarget, TargetChange } from './restore-target.ts'

/** Keys `<prefix>/<kind>/<id>` of a real etcd. Writes under conditions, so that nobody else's change is overwritten. */
export function etcdTarget(options: EtcdWriterOptions): RestoreTarget {
  const source = etcdSource(options)
  const writer = etcdWriter(options)
  // What was loaded last; conditions are that nothing has changed since.
  let since = 0

  /** A reply may have been lost and the request repeated: then the conditions no longer hold, and all is well. */
  async function wasMade(changes: readonly TargetChange[], signal: AbortSignal): Promise<boolean> {
    const { resources, instance } = await source.load({ signal })
    const present = [...resources, ...instance]
    const keys = new Set(present.map(entryKey))
    const puts = changes.flatMap((change) => (change.type === 'remove' ? [] : [change.entry]))
    const { added, changed } = compareEntries(present, puts)
    const isLeft = changes.some(({ type, entry }) => type === 'remove' && keys.has(entryKey(entry)))
    return added.length + changed.length === 0 && !isLeft
  }

  return {
    name: writer.name,
    async load({ signal }) {
      const { revision, resources, instance } = await source.load({ signal })
      since = revision
      return [...resources, ...instance]
    },
    comparable: (entry) => entry,
    hides: () => false,
    accepts: () => false,
    async apply(changes, { signal, onProgress }) {
      let done = 0
      for (const batch of inBatches(changes, changesPerTransaction)) {
        const outcome = await writer.write(batch, { since, signal })
        if (outcome === 'conflict' && !(await wasMade(batch, signal))) {
          throw new UserError(
            `${writer.name}: somebody else writes there; ${done} of ${changes.length} changes are made`,
            { exitCode: notFine },
          )
        }
        done += batch.length
        onProgress(done)
      }
      return []
    },
    close: async () => {},
  }
}
