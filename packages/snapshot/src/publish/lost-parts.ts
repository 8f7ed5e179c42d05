import { StorageError } from '@outlast/storage'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import { transferConcurrency } from '../format/limits.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import { isStoredAs } from '../format/stored-part.ts'

const intervalMs = 3_600_000

/**
 * Tells which parts of a base the store has lost, by their keys in it, so that they are not taken over: those that are gone,
 * and those that are there with other bytes than were stored.
 */
export type LostParts = (base: Manifest, options: SignalOptions) => Promise<ReadonlySet<string>>

/** Reads all of them when it is first asked, and again after an hour; a publication in between relies on the last look. */
export function lostParts({ group, domain, storage, layout, clock, logger }: DomainContext): LostParts {
  let lookedAt = Number.NEGATIVE_INFINITY
  let lost: ReadonlySet<string> = new Set()

  return async ({ parts, sequence }, { signal }) => {
    if (Math.abs(clock.now() - lookedAt) < intervalMs) return lost
    const states = await mapConcurrently(parts, transferConcurrency, async (part) => stateOf(part, signal))
    lookedAt = clock.now()
    const missing = parts.filter((_part, index) => states[index] === 'missing')
    const damaged = parts.filter((_part, index) => states[index] === 'damaged')
    lost = new Set([...missing, ...damaged].map(({ key }) => key))
    if (lost.size > 0) {
      const counts = { missing: missing.length, damaged: damaged.length }
      logger.warn({ store: storage.name, group, domain, sequence, ...counts }, 'the store has lost parts')
    }
    return lost
  }

  async function stateOf(
    part: PartReference,
    signal: AbortSignal | undefined,
  ): Promise<'kept' | 'missing' | 'damaged'> {
    try {
      const object = await storage.get(layout.part(part), { signal })
      if (object === undefined) return 'missing'
      return isStoredAs(object.bytes, part) ? 'kept' : 'damaged'
    } catch (error) {
      if (!StorageError.isInstance(error)) throw error
      // A store that does not answer has not said that anything is lost.
      return 'kept'
    }
  }
}
