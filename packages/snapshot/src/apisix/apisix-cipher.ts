import type { Entry, JsonValue } from '../entries/entry.ts'
import { fieldReplacer } from '../keyring/field-replacer.ts'
import type { SensitiveFields } from '../keyring/sensitive-fields.ts'
import { cbcKey } from './cbc-key.ts'
import { encryptFields, lastingEncryptFields } from './encrypt-fields.ts'
import { isPem } from './is-pem.ts'
import { isSecretReference } from './secret-reference.ts'

/**
 * APISIX's own encryption of fields (`apisix.data_encryption`), as its store holds them. It is for compatibility, not
 * for protection: unauthenticated, and the same for the same text everywhere. A snapshot does not need it, and does
 * not undo it: ciphertexts of APISIX are texts like any other to `fieldCipher`, so a backup holds what its source held.
 */
export interface ApisixCipher {
  /** As APISIX reads: tries all keys on each field; what none of them decrypts stays. The very same entry when nothing changes. */
  decrypt(entry: Entry): Entry
  /**
   * As a stock APISIX keeps it in its store: each field encrypted with the first key, also when it was encrypted with
   * another one of the keys before. References stay in clear, and so do private keys that are no PEM.
   */
  encrypt(entry: Entry): Entry
}

/** Which fields: the members of `kinds` are private keys, those of `plugins` any texts. Others than texts stay. */
export interface ApisixCipherOptions {
  /** What `decrypt` looks at. Default: what any version of APISIX encrypts, from 3.2 to 3.18. */
  readonly decrypted?: SensitiveFields
  /**
   * What `encrypt` encrypts. Default: what every version since 3.2 decrypts. To one that does not know a field, its
   * ciphertext would be the secret; a field in clear, on the other hand, is understood by every version.
   */
  readonly encrypted?: SensitiveFields
}

/**
 * With the keys of `keyringKeysOf`; without any, everything stays as it is. Throws `TypeError` for keys of other than
 * 16 or 32 bytes.
 */
export function apisixCipher(
  keys: readonly string[],
  { decrypted = encryptFields, encrypted = lastingEncryptFields }: ApisixCipherOptions = {},
): ApisixCipher {
  const cbcKeys = keys.map(cbcKey)
  const [primary] = cbcKeys

  function decrypt(text: string): string {
    if (isPem(text)) return text
    for (const key of cbcKeys) {
      const plain = key.decrypt(text)
      if (plain !== undefined) return plain
    }
    return text
  }

  /** What it already decrypts to is what is encrypted, so that nothing is ever encrypted twice. */
  function encrypt(text: string, mayEncrypt: (plain: string) => boolean): string {
    const plain = decrypt(text)
    return primary === undefined || !mayEncrypt(plain) ? text : primary.encrypt(plain)
  }

  const replaceDecrypted = fieldReplacer(decrypted)
  const replacePrivateKeys = fieldReplacer({ kinds: encrypted.kinds, plugins: {} })
  const replaceInPlugins = fieldReplacer({ kinds: {}, plugins: encrypted.plugins })
  return {
    decrypt: (entry) => replaceDecrypted(entry, ifText(decrypt)),
    encrypt(entry) {
      const withPrivateKeys = replacePrivateKeys(
        entry,
        ifText((text) => encrypt(text, isPem)),
      )
      return replaceInPlugins(
        withPrivateKeys,
        ifText((text) => encrypt(text, (plain) => !isSecretReference(plain))),
      )
    },
  }
}

function ifText(replace: (text: string) => string): (value: JsonValue) => JsonValue {
  return (value) => (typeof value === 'string' ? replace(value) : value)
}
