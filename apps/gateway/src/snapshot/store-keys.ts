import { delimiter } from 'node:path'
import {
  ed25519Signer,
  ed25519TrustedKey,
  localSealingKey,
  type SealingKey,
  type Signer,
  type TrustedKey,
} from '@outlast/snapshot'
import { readKeyFile } from '../storage/read-key-file.ts'
import { UserError } from '../user-error.ts'

/** What snapshots are signed, believed, sealed and opened with. */
export interface StoreKeys {
  readonly signer: Signer | undefined
  /** `undefined`: whoever can write to the store is believed. */
  readonly trustedKeys: readonly TrustedKey[] | undefined
  /** The first one seals. */
  readonly sealingKeys: readonly SealingKey[]
}

export interface StoreKeyFlags {
  readonly trustedKey?: readonly string[]
  readonly signingKey?: string
  readonly sealingKey?: readonly string[]
}

/**
 * Reads the files that the options name, or else those of OUTLAST_TRUSTED_KEYS, OUTLAST_SIGNING_KEY and
 * OUTLAST_SEALING_KEY, where several stand as in PATH. Throws a `UserError` that names the option and never the content.
 */
export async function readStoreKeys(flags: StoreKeyFlags, environment: NodeJS.ProcessEnv): Promise<StoreKeys> {
  const trusted = flags.trustedKey ?? paths(environment['OUTLAST_TRUSTED_KEYS'])
  const sealing = flags.sealingKey ?? paths(environment['OUTLAST_SEALING_KEY'])
  const signing = flags.signingKey || environment['OUTLAST_SIGNING_KEY']
  const trustedKeys = await Promise.all(trusted.map((path) => keyOf('--trusted-key', path, ed25519TrustedKey)))
  return {
    signer: signing ? await keyOf('--signing-key', signing, ed25519Signer) : undefined,
    trustedKeys: trustedKeys.length > 0 ? trustedKeys : undefined,
    sealingKeys: await Promise.all(sealing.map((path) => keyOf('--sealing-key', path, localSealingKey))),
  }
}

function paths(list: string | undefined): readonly string[] {
  return (list ?? '').split(delimiter).filter((path) => path !== '')
}

async function keyOf<Key>(option: string, path: string, parse: (text: string) => Key): Promise<Key> {
  return readKeyFile(path, parse, (reason) => new UserError(`${option} ${reason}`))
}
