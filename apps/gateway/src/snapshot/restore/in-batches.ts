import type { TargetChange } from './restore-target.ts'

/** etcd takes requests of 1.5 MiB; base64 makes 4 characters of 3. */
const batchCharacters = 768 * 1024

/** Changes in groups that fit into one transaction; one that is larger than all allowed stands alone. */
export function* inBatches(
  changes: readonly TargetChange[],
  maximumChanges: number,
): Generator<readonly TargetChange[], void, undefined> {
  let batch: TargetChange[] = []
  let size = 0
  for (const change of changes) {
    const length = change.type === 'remove' ? 0 : Buffer.byteLength(JSON.stringify(change.entry.value))
    if (batch.length === maximumChanges || (batch.length > 0 && size + length > batchCharacters)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(change)
    size += length
  }
  if (batch.length > 0) yield batch
}
