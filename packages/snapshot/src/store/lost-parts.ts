import type { DomainContext, SignalOptions } from './domain-context.ts'
import { transferConcurrency } from '../format/limits.ts'
import type { Manifest } from '../format/manifest.ts'
import { mapConcurrently } from './map-concurrently.ts'

const intervalMs = 3_600_000

/** Tells which parts of a base the store no longer has, by their keys in it, so that they are not taken over. */
export type LostParts = (base: Manifest, options: SignalOptions) => Promise<ReadonlySet<string>>

/** Looks when it is first asked, and again after an hour; a publication in between relies on the last look. */
export function lostParts({ group, domain, storage, layout, clock, logger }: DomainContext): LostParts {
  let lookedAt = Number.NEGATIVE_INFINITY
  let lost: ReadonlySet<string> = new Set()

  return async ({ parts, sequence }, { signal }) => {
    if (Math.abs(clock.now() - lookedAt) < intervalMs) return lost
    // By commit, because the list of everything grows with the history.
    const folders = new Set(parts.map(({ key }) => key.slice(0, key.lastIndexOf('/') + 1)))
    const present = new Set<string>()
    await mapConcurrently([...folders], transferConcurrency, async (folder) => {
      for await (const key of storage.list(layout.part({ key: folder }), { signal })) present.add(key)
    })
    lost = new Set(parts.filter((part) => !present.has(layout.part(part))).map(({ key }) => key))
    lookedAt = clock.now()
    if (lost.size > 0) {
      logger.warn({ store: storage.name, group, domain, sequence, parts: lost.size }, 'the store has lost parts')
    }
    return lost
  }
}
