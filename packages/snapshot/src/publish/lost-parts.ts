import { StorageError } from '@outlast/storage'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import { transferConcurrency } from '../format/limits.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import { isStoredAs } from '../format/stored-part.ts'
import { unlessTooLarge } from '../store/unless-too-large.ts'

const defaultMaximumAgeMs = 3_600_000

/** What a look at all parts of a snapshot has found. */
export interface PartsCheck {
  readonly parts: number
  /** Gone from the store. */
  readonly missing: number
  /** There, with other bytes than were stored. */
  readonly damaged: number
}

/** Remembers which parts the store has lost, by their keys in the manifest, so that no publication takes them over. */
export interface LostParts {
  /**
   * Those of a base, as far as the last look tells; when that is older than `maximumAgeMs` (default one hour), it looks
   * first. A store that does not answer has not said that anything is lost.
   */
  of(
    base: Manifest,
    options: SignalOptions & { readonly maximumAgeMs?: number | undefined },
  ): Promise<ReadonlySet<string>>
  /** Reads all of them now, and leaves it to the caller to tell. Rejects with `StorageError` when the store does not answer for one. */
  look(manifest: Manifest, options: SignalOptions): Promise<PartsCheck>
}

type PartState = 'kept' | 'missing' | 'damaged'

export function lostParts({ group, domain, storage, layout, clock, logger }: DomainContext): LostParts {
  let lookedAt = Number.NEGATIVE_INFINITY
  let lost: ReadonlySet<string> = new Set()

  async function lookWith({ parts }: Manifest, look: (part: PartReference) => Promise<PartState>): Promise<PartsCheck> {
    const states = await mapConcurrently(parts, transferConcurrency, look)
    lookedAt = clock.now()
    lost = new Set(parts.filter((_part, index) => states[index] !== 'kept').map(({ key }) => key))
    const count = (wanted: PartState): number => states.filter((state) => state === wanted).length
    return { parts: parts.length, missing: count('missing'), damaged: count('damaged') }
  }

  async function stateOf(part: PartReference, { signal }: SignalOptions): Promise<PartState> {
    const asked = { maximumBytes: part.stored.size, signal }
    const object = await unlessTooLarge(storage.get(layout.part(part), asked))
    if (object === undefined) return 'missing'
    return object !== 'too-large' && isStoredAs(object.bytes, part) ? 'kept' : 'damaged'
  }

  return {
    async of(base, { signal, maximumAgeMs = defaultMaximumAgeMs }) {
      if (Math.abs(clock.now() - lookedAt) < maximumAgeMs) return lost
      const { missing, damaged } = await lookWith(base, async (part) => {
        try {
          return await stateOf(part, { signal })
        } catch (error) {
          if (!StorageError.isInstance(error)) throw error
          return 'kept'
        }
      })
      if (lost.size > 0) {
        const fields = { store: storage.name, group, domain, sequence: base.sequence, missing, damaged }
        logger.warn(fields, 'the store has lost parts')
      }
      return lost
    },
    look: async (manifest, options) => lookWith(manifest, async (part) => stateOf(part, options)),
  }
}
