import type { Domain, EntryRef, Publication } from '@outlast/snapshot'
import type { ExportState } from '../source/export-state.ts'
import { domains } from '../domains.ts'

/** Entries that contradict a snapshot which their source claims to continue, by domain; domains without any are left out. */
export type Contradictions = Readonly<Partial<Record<Domain, readonly EntryRef[]>>>

/** Rejects as `Publication.contradictions` does. */
export async function findContradictions(
  publications: Readonly<Record<Domain, Publication>>,
  state: ExportState,
  signal: AbortSignal | undefined,
): Promise<Contradictions> {
  const found = await Promise.all(
    domains.map(async (domain) => {
      const publication = publications[domain]
      // Another identity claims nothing.
      if (publication.base?.source.identity !== state.identity) return [domain, []] as const
      // What the format cannot hold is held back for that alone.
      if (publication.refusal(state[domain]) !== undefined) return [domain, []] as const
      const modified = state.modifications.of(state[domain])
      return [domain, await publication.contradictions(state[domain], modified, { signal })] as const
    }),
  )
  return Object.fromEntries(found.filter(([, entries]) => entries.length > 0))
}
