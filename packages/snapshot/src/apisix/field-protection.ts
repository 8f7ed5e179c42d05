import { fieldCipher } from '../keyring/field-cipher.ts'
import type { ProtectionOf } from '../keyring/field-protection.ts'
import type { SensitiveFields } from '../keyring/sensitive-fields.ts'
import { keyringOf, type ApisixKeyring } from './keyring-of.ts'
import { sensitiveFields } from './sensitive-fields.ts'

/**
 * For exporters and data planes: the sensitive fields of a group's resources are encrypted with the keyring of its
 * instance configuration (`keyringOf`). Which fields these are can be extended: see `extendSensitiveFields`.
 */
export function fieldProtection(options: {
  readonly group: string
  /** Default: `sensitiveFields`. */
  readonly sensitive?: SensitiveFields | undefined
}): ProtectionOf {
  const { group, sensitive = sensitiveFields } = options
  return (instance) => {
    const keyring = keyringOf(instance)
    return {
      ...fieldCipher({ group, keyring, sensitive }),
      keyIds: keyring.keyIds,
      warning: weaknessOf(keyring),
    }
  }
}

function weaknessOf({ keyIds, primary, wellKnown }: ApisixKeyring): string | undefined {
  if (primary === undefined) return 'secrets are stored in clear: the group has no keyring'
  if (wellKnown.includes(primary.id))
    return `secrets are encrypted with a key that every APISIX comes with (${primary.id}), which protects nothing`
  const others = keyIds.filter((id) => wellKnown.includes(id))
  return others.length === 0
    ? undefined
    : `the group's keyring still holds keys that every APISIX comes with (${others.join(', ')}): drop them once no snapshot needs them`
}
