import { memoryStorage } from '@outlast/storage'
import { keyringOf, sensitiveFields } from '../../src/apisix/index.ts'
import type { Entry } from '../../src/entries/entry.ts'
import { encodeCheckedJson } from '../../src/format/checked-json.ts'
import { digestOf } from '../../src/format/digest.ts'
import { layoutOf } from '../../src/format/layout.ts'
import { decodeManifest, encodeManifest } from '../../src/format/manifest-codec.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { decodePart } from '../../src/format/part-codec.ts'
import { fieldCipher } from '../../src/keyring/field-cipher.ts'
import { generateSealingSecret, localSealingKey } from '../../src/sealing/local-sealing-key.ts'
import { sealers } from '../../src/sealing/sealers.ts'
import { ed25519Signer, ed25519TrustedKey, generateSigningKey } from '../../src/signing/ed25519.ts'
import { SnapshotError } from '../../src/snapshot-error.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import type { Random } from '../interleavings/random.ts'
import { published, routes } from '../publish.ts'
import { mutateBytes, mutateJson } from './mutate.ts'

type Attack = (random: Random, others: readonly Uint8Array[]) => Promise<string | undefined>

const group = 'default'
const place = { group, domain: 'resources', sequence: 1 } as const

/** Attacks on what signatures, sealing and encrypted fields protect, by one who can compute everything but these. */
export async function protectedAttacks(): Promise<Readonly<Record<string, Attack>>> {
  const key = generateSigningKey()
  const trustedKeys = [ed25519TrustedKey(key.publicKey)]
  const sealing = { keys: [localSealingKey(generateSealingSecret())], domains: ['resources'] } as const
  const storage = memoryStorage()
  const store = snapshotStore({ group, resources: storage, instance: storage, sealing })
  const signer = ed25519Signer(key.privateKey)
  const unsigned = await published(store.resources, routes(50))
  const { bytes: signed } = await encodeManifest(unsigned, { signer })
  const { manifest } = await decodeManifest(signed, place)
  const [part] = manifest.parts
  const stored = part && (await storage.get(layoutOf(group, 'resources').part(part)))
  if (part === undefined || stored === undefined) throw new Error('There is no part')

  const cipher = fieldCipher({
    group,
    keyring: keyringOf([{ kind: 'keyring', id: '1', value: { keyring: ['0123456789abcdef'] } }]),
    sensitive: sensitiveFields,
  })
  const hiddenText = keyOf(cipher.protect(consumer('the secret')))

  return {
    async signedManifest(random) {
      const mutated = mutateJson(manifest, random)
      const bytes = encoded(mutated)
      if (bytes === undefined) return undefined
      const found = await refusedOr(async () => (await decodeManifest(bytes, place, trustedKeys)).manifest)
      // Other signatures may stand beside the good one; everything else is signed.
      return found === undefined || contentOf(found) === contentOf(manifest) ? undefined : 'was believed'
    },
    async sealedPart(random, others) {
      const bytes = mutateBytes(stored.bytes, random, others)
      const reference = { ...part, stored: { digest: digestOf(bytes), size: bytes.byteLength } }
      const sealer = await sealersOf(sealing.keys).forReading(manifest)
      const found = await refusedOr(async () => decodePart(bytes, reference, manifest.fanout, sealer))
      return found === undefined ? undefined : 'was unsealed'
    },
    async wrappedKey(random, others) {
      const { keyId, wrappedKey } = manifest.sealing ?? { keyId: '', wrappedKey: '' }
      const bytes = mutateBytes(Buffer.from(wrappedKey, 'base64url'), random, others)
      const sealed = { sealing: { keyId, wrappedKey: Buffer.from(bytes).toString('base64url') } }
      const found = await refusedOr(async () => sealersOf(sealing.keys).forReading(sealed))
      return found === undefined ? undefined : 'was unwrapped'
    },
    async encryptedField(random, others) {
      const text = Buffer.from(mutateBytes(Buffer.from(hiddenText), random, others)).toString()
      const mutated = consumer(text)
      const { entry, failures } = cipher.reveal(mutated)
      const isKept = JSON.stringify(entry) === JSON.stringify(mutated)
      const isTold = failures.length === 1 || !text.startsWith('$outlast$1$')
      return isKept && isTold ? undefined : 'was decrypted'
    },
  }

  function sealersOf(keys: Parameters<typeof sealers>[0]['keys']) {
    return sealers({ group, domain: 'resources', keys, seals: false })
  }
}

async function refusedOr<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!SnapshotError.isInstance(error)) throw error
    return undefined
  }
}

function encoded(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  try {
    return encodeCheckedJson(value)
  } catch {
    return undefined
  }
}

function contentOf(manifest: Manifest): string {
  return Buffer.from(encodeCheckedJson({ ...manifest, signatures: undefined })).toString()
}

function consumer(key: string): Entry {
  return { kind: 'consumers', id: 'a', value: { plugins: { 'key-auth': { key } } } }
}

function keyOf({ value }: Entry): string {
  const text = /"key":"([^"]+)"/.exec(JSON.stringify(value))?.[1]
  if (text === undefined) throw new Error('There is no key')
  return text
}
