import type { Entry, EntrySet, FieldProtection } from '@outlast/snapshot'

/** The same resources, encrypted with the keys of another keyring. `replaced` says which entry stands for which. */
export function rekey(
  resources: EntrySet,
  before: FieldProtection,
  after: FieldProtection,
): { readonly resources: EntrySet; readonly replaced: ReadonlyMap<Entry, Entry> } {
  const replaced = new Map<Entry, Entry>()
  for (const entry of resources) {
    const rekeyed = after.protect(before.reveal(entry).entry)
    if (rekeyed !== entry) replaced.set(entry, rekeyed)
  }
  return { resources: resources.with({ upserted: [...replaced.values()], removed: [] }), replaced }
}
