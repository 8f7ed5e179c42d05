import type { Entry } from '../entries/entry.ts'
import type { FieldCipher } from './field-cipher.ts'

/** How the sensitive fields of a group's resources are kept in its stores. */
export interface FieldProtection extends FieldCipher {
  /** Ids of the keys, first the one that encrypts. Equal ids mean equal protection; without any, all stays in clear. */
  readonly keyIds: readonly string[]
  /** What operators should know about it, such as that it protects nothing. Holds nothing secret. */
  readonly warning?: string | undefined
}

/** The protection that goes with an instance configuration, which holds the keys. Must not throw, whatever its entries hold. */
export type ProtectionOf = (instance: Iterable<Entry>) => FieldProtection

/** Whether both encrypt with the same key, and decrypt with the same keys. */
export function isSameProtection(left: FieldProtection, right: FieldProtection): boolean {
  return left.keyIds.length === right.keyIds.length && left.keyIds.every((id, index) => id === right.keyIds[index])
}
