import { fieldCipher, needsKeys, SnapshotError, type Entry, type FieldCipher } from '@outlast/snapshot'
import { keyringOf, sensitiveFields } from '@outlast/snapshot/apisix'
import { UserError } from '../user-error.ts'
import { notFine } from './exit-codes.ts'
import type { SnapshotSession } from './snapshot-session.ts'

/**
 * What the group's sensitive fields are encrypted with: the keyring of the newest instance snapshot, none without one.
 * Throws a `UserError` when there are instance snapshots and none can be used.
 */
export async function groupCipher({ instance, group, newestWhole, signal }: SnapshotSession): Promise<FieldCipher> {
  const newest = await newestWhole(instance)
  // Without any keyring secrets are published in clear: damage must not come to that.
  if (newest === undefined && (await instance.sequences({ signal })).length > 0) {
    throw new UserError('none of the instance snapshots can be used, and the keyring is in there', {
      exitCode: notFine,
    })
  }
  const entries = newest?.entries ?? []
  return fieldCipher({ group, keyring: keyringOf(entries), sensitive: sensitiveFields })
}

/**
 * The entries with all their encrypted fields in clear. The instance snapshot is only read when there are any. Throws a
 * `UserError` that names the keys when one is missing.
 */
export async function revealEntries(session: SnapshotSession, entries: readonly Entry[]): Promise<readonly Entry[]> {
  return needsKeys(entries).length === 0 ? entries : revealed(await groupCipher(session), entries)
}

/** As `revealEntries`, with a cipher that is at hand. */
export function revealed(cipher: FieldCipher, entries: readonly Entry[]): readonly Entry[] {
  const missing = new Set<string>()
  const clear = entries.map((original) => {
    const { entry, failures } = cipher.reveal(original)
    for (const { keyId, reason, path } of failures) {
      // A text that only begins like an encrypted one was never encrypted by anybody.
      if (keyId === undefined) continue
      if (reason === 'missing-key') missing.add(keyId)
      else
        throw new SnapshotError('damaged', `${original.kind}/${original.id}: ${path} was encrypted for another place`)
    }
    return entry
  })
  if (missing.size === 0) return clear
  const names = [...missing].toSorted().join(', ')
  throw new UserError(
    `fields are encrypted with keys that the newest instance snapshot does not hold: ${names}; ` +
      '--instance-store or OUTLAST_INSTANCE_STORE says where it is',
    { exitCode: notFine },
  )
}
