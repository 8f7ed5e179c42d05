import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { generateSealingSecret, generateSigningKey, localSealingKey } from '@outlast/snapshot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readStoreKeys } from '../../src/snapshot/store-keys.ts'

describe('keys on the command line', () => {
  let folder: string
  const signing = generateSigningKey()
  const other = generateSigningKey()
  const secret = generateSealingSecret()
  const path = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-keys-'))
    await writeFile(path('private'), signing.privateKey)
    await writeFile(path('public'), signing.publicKey)
    await writeFile(path('other'), other.publicKey)
    await writeFile(path('secret'), `${secret}\n`)
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('come from files that options name', async () => {
    const flags = {
      trustedKey: [path('public'), path('other')],
      signingKey: path('private'),
      sealingKey: [path('secret')],
    }
    const { signer, trustedKeys, sealingKeys } = await readStoreKeys(flags, { OUTLAST_SIGNING_KEY: 'not read' })
    expect(signer?.keyId).toBe(signing.keyId)
    expect(trustedKeys?.map(({ keyId }) => keyId)).toEqual([signing.keyId, other.keyId])
    expect(sealingKeys.map(({ keyId }) => keyId)).toEqual([localSealingKey(secret).keyId])
  })

  it('or else from files that the environment names', async () => {
    const environment = {
      OUTLAST_TRUSTED_KEYS: [path('public'), path('other')].join(delimiter),
      OUTLAST_SIGNING_KEY: path('private'),
      OUTLAST_SEALING_KEY: path('secret'),
    }
    const { signer, trustedKeys, sealingKeys } = await readStoreKeys({}, environment)
    expect([signer?.keyId, trustedKeys?.length, sealingKeys.length]).toEqual([signing.keyId, 2, 1])
  })

  it('are none unless they are asked for: then every writer is believed', async () => {
    const none = { signer: undefined, trustedKeys: undefined, sealingKeys: [] }
    expect(await readStoreKeys({}, { OUTLAST_TRUSTED_KEYS: '' })).toEqual(none)
  })

  it.each([
    ['a private key where a public one belongs', { trustedKey: ['private'] }, '--trusted-key', 'This is a private key'],
    [
      'a public key where a private one belongs',
      { signingKey: 'public' },
      '--signing-key',
      'This is no Ed25519 private',
    ],
    ['a secret of another kind', { sealingKey: ['public'] }, '--sealing-key', 'A sealing secret is 32 bytes'],
    ['no file', { sealingKey: ['nowhere'] }, '--sealing-key', 'cannot be read (ENOENT)'],
  ])('are refused with the name of the option: %s', async (_, flags, option, reason) => {
    const inFolder = Object.fromEntries(
      Object.entries(flags).map(([name, value]) => [name, typeof value === 'string' ? path(value) : value.map(path)]),
    )
    const error: unknown = await readStoreKeys(inFolder, {}).catch((failure: unknown) => failure)
    expect(String(error)).toContain(`UserError: ${option} ${folder}`)
    expect(String(error)).toContain(reason)
    expect(String(error)).not.toContain('BEGIN')
  })
})
