import {
  canonicalMembers,
  decodeCheckedJson,
  memberText,
  objectText,
  withChecksum,
  type CanonicalMembers,
} from '../format/checked-json.ts'
import type { JsonObject } from '../entries/json-object.ts'
import type { Signature } from '../format/manifest.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { untilAborted } from '../until-aborted.ts'
import type { Signer, TrustedKey } from './signer.ts'

/** What an object is signed as, so that no signature fits an object of another kind. */
export type SignedKind = 'outlast-manifest-1' | 'outlast-head-1' | 'outlast-approval-1'

const signatures = 'signatures'

/** Who signs, and who is believed. */
export interface Trust {
  readonly signer?: Signer | undefined
  readonly trustedKeys?: readonly TrustedKey[] | undefined
}

/**
 * Checked JSON, with the signature of `signer` when there is one. Signatures that `value` has already are left out. SPEC section 5.
 * Where there are trusted keys, rejects with `unsigned`, `untrusted-key` or `bad-signature` rather than make what would not
 * be believed; `name` is for the message.
 */
export async function encodeSignedJson(
  value: object,
  kind: SignedKind,
  { signer, trustedKeys, name, signal }: Trust & { readonly name: string; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const members = canonicalMembers(value)
  members.delete(signatures)
  if (signer === undefined && trustedKeys === undefined) return withChecksum(members)
  const bytes = signedBytes(kind, members)
  const made = signer && [await signatureOf(bytes, signer, signal)]
  // A signer may live elsewhere, and have another key by now than it says.
  if (trustedKeys !== undefined) await refuseUnbelieved(made ?? [], trustedKeys, { bytes, name })
  if (made !== undefined) members.set(signatures, memberText(signatures, made))
  return withChecksum(members)
}

/**
 * The object, once its checksum is right and, where there are trusted keys, one of them has signed it.
 * Rejects with `damaged`, `unsigned`, `untrusted-key` or `bad-signature`; `name` is for the message.
 */
export async function decodeSignedJson(
  bytes: Uint8Array,
  kind: SignedKind,
  options: { readonly trustedKeys: readonly TrustedKey[] | undefined; readonly name: string },
): Promise<JsonObject> {
  const { value, members } = decodeCheckedJson(bytes)
  if (options.trustedKeys === undefined) return value
  members.delete(signatures)
  const signed = { bytes: signedBytes(kind, members), name: options.name }
  await refuseUnbelieved(signaturesOf(value), options.trustedKeys, signed)
  return value
}

async function signatureOf(bytes: Uint8Array, signer: Signer, signal: AbortSignal | undefined) {
  const signature = await untilAborted(signer.sign(bytes), signal)
  return { keyId: signer.keyId, signature: Buffer.from(signature).toString('base64url') }
}

async function refuseUnbelieved(
  signed: readonly Signature[],
  trustedKeys: readonly TrustedKey[],
  { bytes, name }: { readonly bytes: Uint8Array; readonly name: string },
): Promise<void> {
  if (signed.length === 0) throw new SnapshotError('unsigned', `${name} is not signed`)
  const verdict = await judge(signed, trustedKeys, bytes)
  if (verdict === undefined) return
  const fault = verdict === 'untrusted-key' ? 'is signed, but by no key that is trusted here' : 'has a wrong signature'
  throw new SnapshotError(verdict, `${name} ${fault}`)
}

/** What keeps the signatures from being believed; `undefined` when one of them is good. */
async function judge(
  signed: readonly Signature[],
  trustedKeys: readonly TrustedKey[],
  bytes: Uint8Array,
): Promise<'untrusted-key' | 'bad-signature' | undefined> {
  let verdict: 'untrusted-key' | 'bad-signature' = 'untrusted-key'
  for (const { keyId, signature } of signed) {
    const key = trustedKeys.find((trusted) => trusted.keyId === keyId)
    if (key === undefined) continue
    if (await key.verify(bytes, Buffer.from(signature, 'base64url'))) return undefined
    verdict = 'bad-signature'
  }
  return verdict
}

function signedBytes(kind: SignedKind, members: CanonicalMembers): Uint8Array {
  return Buffer.from(`${kind}\n${objectText(members)}`)
}

const maximumSignatures = 16

/** What an object says of who has signed it. The rest of its shape is checked by who knows it. */
export function signaturesOf(value: JsonObject): readonly Signature[] {
  const list = value[signatures]
  if (!Array.isArray(list)) return []
  const items: readonly unknown[] = list.slice(0, maximumSignatures)
  return items.filter(isSignature)
}

function isSignature(item: unknown): item is Signature {
  return (
    typeof item === 'object' &&
    item !== null &&
    'keyId' in item &&
    typeof item.keyId === 'string' &&
    'signature' in item &&
    typeof item.signature === 'string'
  )
}
