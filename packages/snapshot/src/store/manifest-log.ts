import { digestOf } from '../format/digest.ts'
import type { DomainContext, SignalOptions } from './domain-context.ts'
import { maximumManifestBytes, maximumSequence } from '../format/limits.ts'
import {
  decodeManifest,
  oversizedManifest,
  type EncodedManifest,
  type VerifiedManifest,
} from '../format/manifest-codec.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { unlessTooLarge } from './unless-too-large.ts'

/** The committed manifests of a domain, as the store has them. */
export interface ManifestLog {
  /** `undefined` when the number is free. Rejects with `SnapshotError` when the manifest cannot be used. */
  read(sequence: number, options?: SignalOptions): Promise<VerifiedManifest | undefined>
  /** The same, but a manifest that cannot be used is logged (once) and told apart from one that is not there. */
  tryRead(sequence: number, options?: SignalOptions): Promise<VerifiedManifest | 'absent' | 'unusable'>
  /** Tells what bytes mean that this store is about to be given, so that they need not be decoded when they are read back. */
  expect(encoded: EncodedManifest): void
  /** The numbers from `from` upwards that are taken, newest first. */
  sequences(options?: SignalOptions & { readonly from?: number | undefined }): Promise<number[]>
}

export function manifestLog(context: DomainContext): ManifestLog {
  const { group, domain, storage, layout, logger, trustedKeys } = context
  const reported = new Set<number>()
  // The last one that was read: the newest is asked for again and again, and equal bytes say the same.
  let last: { readonly sequence: number; readonly stored: string; readonly verified: VerifiedManifest } | undefined
  // What cannot be used cannot be used as long as its bytes stay. To find that out can take a second, and whoever can
  // write to the store could make every look at it cost that, for any number of manifests.
  const refused = new Map<number, { readonly stored: string; readonly error: SnapshotError }>()

  async function read(sequence: number, { signal }: SignalOptions = {}): Promise<VerifiedManifest | undefined> {
    if (sequence < 1 || sequence > maximumSequence) return undefined
    const key = layout.manifest(sequence)
    const object = await unlessTooLarge(storage.get(key, { maximumBytes: maximumManifestBytes, signal }))
    if (object === undefined) return undefined
    if (object === 'too-large') throw oversizedManifest({ group, domain, sequence })
    const stored = digestOf(object.bytes)
    if (last?.sequence === sequence && last.stored === stored) return last.verified
    const before = refused.get(sequence)
    if (before?.stored === stored) throw before.error
    try {
      const verified = await decodeManifest(object.bytes, { group, domain, sequence }, trustedKeys)
      last = { sequence, stored, verified }
      return verified
    } catch (error) {
      if (SnapshotError.isInstance(error)) refused.set(sequence, { stored, error })
      throw error
    }
  }

  return {
    read,
    expect({ bytes, ...verified }) {
      last = { sequence: verified.manifest.sequence, stored: digestOf(bytes), verified }
    },
    async tryRead(sequence, options) {
      try {
        return (await read(sequence, options)) ?? 'absent'
      } catch (error) {
        if (!SnapshotError.isInstance(error)) throw error
        if (!reported.has(sequence)) {
          logger.warn({ store: storage.name, group, domain, sequence, error: error.message }, 'a manifest is unusable')
        }
        reported.add(sequence)
        return 'unusable'
      }
    },
    async sequences({ from = 1, signal } = {}) {
      const found: number[] = []
      for await (const key of storage.list(layout.manifests, { after: layout.manifest(from - 1), signal })) {
        const sequence = layout.sequenceOf(key)
        if (sequence !== undefined && sequence >= from) found.push(sequence)
      }
      return found.toReversed()
    },
  }
}
