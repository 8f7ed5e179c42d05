import { createPublicKey } from 'node:crypto'
import { ed25519Signer, ed25519TrustedKey, localSealingKey, type Signer, type TrustedKey } from '@outlast/snapshot'
import type { ConfigFile } from '../config/config-file.ts'
import type { FallbackCp } from '../config/fallback-cp.ts'
import type { StoreKeys } from '../snapshot/store-keys.ts'
import { readKeyFile } from './read-key-file.ts'

/**
 * Reads the keys that `fallback_cp` names. Who signs and trusts somebody also trusts itself: else it would pass over its
 * own snapshots. Throws the `UserError` of the field whose file is of no use.
 */
export async function readFallbackKeys(options: {
  readonly file: ConfigFile
  /** Where the block stands in the file. */
  readonly field: readonly string[]
  readonly fallback: FallbackCp
}): Promise<StoreKeys> {
  const { file, field, fallback } = options
  const read = async <Key>(path: string, below: readonly PropertyKey[], parse: (text: string) => Key): Promise<Key> =>
    readKeyFile(path, parse, (reason) => file.fault([...field, ...below], reason))

  const { signing_key_file: signing, trusted_key_files: trusted, sealing_key_file: sealing = [] } = fallback
  const own = signing === undefined ? undefined : await read(signing, ['signing_key_file'], signingKey)
  const trustedKeys =
    trusted &&
    (await Promise.all(trusted.map((path, index) => read(path, ['trusted_key_files', index], ed25519TrustedKey))))
  const sealingKeys = await Promise.all(
    [sealing].flat().map((path, index) => {
      const below = Array.isArray(sealing) ? ['sealing_key_file', index] : ['sealing_key_file']
      return read(path, below, localSealingKey)
    }),
  )
  return { signer: own?.signer, trustedKeys: trustedKeys && withOwn(trustedKeys, own?.trusted), sealingKeys }
}

function signingKey(privateKeyPem: string): { readonly signer: Signer; readonly trusted: TrustedKey } {
  const signer = ed25519Signer(privateKeyPem)
  const publicKeyPem = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString()
  return { signer, trusted: ed25519TrustedKey(publicKeyPem) }
}

function withOwn(keys: readonly TrustedKey[], own: TrustedKey | undefined): readonly TrustedKey[] {
  return own === undefined || keys.some(({ keyId }) => keyId === own.keyId) ? keys : [...keys, own]
}
