import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  generateSealingSecret,
  generateSigningKey,
  localSealingKey,
  silentLogger,
  snapshotStore,
  type Entry,
} from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import { backupPlan } from '../../src/control-plane/backups.ts'
import { readFallbackKeys } from '../../src/storage/fallback-keys.ts'
import { fallbackStores, type FallbackStore } from '../../src/storage/fallback-stores.ts'
import type { StoreKeys } from '../../src/snapshot/store-keys.ts'
import { UserError } from '../../src/user-error.ts'

const ours = generateSigningKey()
const operators = generateSigningKey()
const secret = generateSealingSecret()
const newSecret = generateSealingSecret()

describe('the keys of fallback_cp', () => {
  let folder: string
  const path = (name: string): string => join(folder, name)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-keys-'))
    await writeFile(path('ours'), ours.privateKey)
    await writeFile(path('ours.pub'), ours.publicKey)
    await writeFile(path('operators.pub'), operators.publicKey)
    await writeFile(path('sealing'), `${secret}\n`)
    await writeFile(path('new-sealing'), newSecret)
    await writeFile(path('other'), 'nothing-of-the-kind')
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  const blockOf = (lines: readonly string[]) => {
    const block = [`filesystem: { path: ${path('backup')} }`, ...lines].map((line) => `  ${line}\n`).join('')
    const file = parseConfigFile('conf.yaml', `fallback_cp:\n${block}`, {})
    const fallback = controlPlaneConfig(file, { data: folder }).fallback
    if (!fallback) throw new Error('there is a block')
    return { file, field: ['fallback_cp'], fallback }
  }
  const read = async (...lines: readonly string[]): Promise<StoreKeys> => readFallbackKeys(blockOf(lines))
  const open = async (...lines: readonly string[]): Promise<FallbackStore> => {
    const block = blockOf(lines)
    const [opened] = fallbackStores({
      ...block,
      keys: await readFallbackKeys(block),
      group: 'default',
      logger: silentLogger,
      access: 'write',
    })
    if (!opened) throw new Error('there is a store')
    return opened
  }
  const complaint = async (...lines: readonly string[]): Promise<string> => {
    const error: unknown = await read(...lines).catch((reason: unknown) => reason)
    if (!(error instanceof UserError)) throw new Error('nothing was refused')
    return error.message
  }

  it('are none when the file names none', async () => {
    expect(await read()).toEqual({ signer: undefined, trustedKeys: undefined, sealingKeys: [] })
  })

  it('sign, are believed, and seal with the first of several', async () => {
    const keys = await read(
      `signing_key_file: ${path('ours')}`,
      `trusted_key_files: ['${path('operators.pub')}', '${path('ours.pub')}']`,
      `sealing_key_file: ['${path('new-sealing')}', '${path('sealing')}']`,
    )
    expect(keys.signer?.keyId).toBe(ours.keyId)
    expect(keys.trustedKeys?.map(({ keyId }) => keyId)).toEqual([operators.keyId, ours.keyId])
    const ids = [newSecret, secret].map((text) => localSealingKey(text).keyId)
    expect(keys.sealingKeys.map(({ keyId }) => keyId)).toEqual(ids)
  })

  it('make a control plane believe itself, whoever else it believes', async () => {
    const keys = await read(`signing_key_file: ${path('ours')}`, `trusted_key_files: ['${path('operators.pub')}']`)
    expect(keys.trustedKeys?.map(({ keyId }) => keyId)).toEqual([operators.keyId, ours.keyId])
    const bytes = Buffer.from('anything')
    const signature = (await keys.signer?.sign(bytes)) ?? Buffer.alloc(0)
    expect(await keys.trustedKeys?.[1]?.verify(bytes, signature)).toBe(true)
  })

  it('are refused to a control plane that trusts somebody and signs nothing: nobody would believe it', async () => {
    const { file } = blockOf([`trusted_key_files: ['${path('operators.pub')}']`])
    const plan = backupPlan(file, controlPlaneConfig(file, { data: folder }), silentLogger)
    await expect(plan).rejects.toThrow('conf.yaml:3: fallback_cp.trusted_key_files: needs signing_key_file as well')
  })

  it('open and seal the stores', async () => {
    const { store } = await open(
      `signing_key_file: ${path('ours')}`,
      `trusted_key_files: ['${path('ours.pub')}']`,
      `sealing_key_file: ${path('sealing')}`,
    )
    const entries: Entry[] = [{ kind: 'keyring', id: '1', value: { keyring: '0123456789abcdef' } }]
    const publication = await store.instance.begin()
    await publication.publish({ entries, position: { epoch: 1, revision: 1 }, source: { identity: 'cp' } })
    const plain = fsStorage({ path: path('backup') })
    const readers = snapshotStore({ group: 'default', resources: plain, instance: plain }).instance
    const latest = await readers.latest()
    expect(latest?.manifest).toMatchObject({
      signatures: [{ keyId: ours.keyId }],
      sealing: { keyId: localSealingKey(secret).keyId },
    })
    await expect(readers.load(latest?.manifest ?? 1)).rejects.toMatchObject({ code: 'missing-key' })

    const stranger = await open(`trusted_key_files: ['${path('operators.pub')}']`)
    expect(await stranger.store.instance.latest()).toBeUndefined()
    await expect(stranger.store.instance.manifest(1)).rejects.toMatchObject({ code: 'untrusted-key' })
    const friend = await open(`trusted_key_files: ['${path('ours.pub')}']`, `sealing_key_file: ${path('sealing')}`)
    const found = await friend.store.instance.latest()
    expect((await friend.store.instance.load(found?.manifest ?? 1)).entries).toEqual(entries)
  })

  it.each([
    ['signing_key_file: FOLDER/gone', '3: fallback_cp.signing_key_file: FOLDER/gone: cannot be read (ENOENT)'],
    [
      'signing_key_file: FOLDER/ours.pub',
      '3: fallback_cp.signing_key_file: FOLDER/ours.pub: This is no Ed25519 private key in PEM form',
    ],
    [
      "trusted_key_files: ['FOLDER/ours.pub', 'FOLDER/other']",
      '3: fallback_cp.trusted_key_files[1]: FOLDER/other: This is no Ed25519 public key in PEM form',
    ],
    [
      "trusted_key_files: ['FOLDER/ours']",
      '3: fallback_cp.trusted_key_files[0]: FOLDER/ours: This is a private key, and a reader needs the public one',
    ],
    [
      'sealing_key_file: FOLDER/other',
      '3: fallback_cp.sealing_key_file: FOLDER/other: A sealing secret is 32 bytes, or their base64 text',
    ],
    [
      "sealing_key_file: ['FOLDER/sealing', 'FOLDER/gone']",
      '3: fallback_cp.sealing_key_file[1]: FOLDER/gone: cannot be read (ENOENT)',
    ],
    ['sealing_key_file: 7', '3: fallback_cp.sealing_key_file: must be the name of a file, or a list of them'],
    ['trusted_key_files: []', '3: fallback_cp.trusted_key_files: must not be empty'],
  ])('are refused by field when it says %s', async (line, expected) => {
    const message = await complaint(line.replaceAll('FOLDER', folder)).catch((error: unknown) => error)
    const text = message instanceof UserError ? message.message : String(message)
    expect(text).toBe(`conf.yaml:${expected}`.replaceAll('FOLDER', folder))
    expect(text).not.toContain('nothing-of-the-kind')
  })
})
