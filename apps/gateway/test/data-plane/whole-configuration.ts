import type { Entry } from '@outlast/snapshot'

/**
 * A configuration whose every entry tells the revision that it belongs to, so that a mixture of two is seen. Fewer entries
 * than make a mass change, which a data plane would not take when it comes back to its control plane.
 */
export function wholeConfiguration(revision: number): Entry[] {
  return Array.from({ length: 16 }, (_, n) => ({ kind: 'routes', id: `route-${n}`, value: { revision } }))
}

/** The revision of which all of it is; throws when these are not exactly the entries of one revision. */
export function revisionOf(entries: Iterable<Entry>): number {
  const all = [...entries]
  const revisions = new Set(all.map(({ value }) => Number(Object(value).revision)))
  const [revision = Number.NaN] = revisions
  if (revisions.size !== 1 || all.length !== wholeConfiguration(revision).length) {
    throw new Error(`a mixture: ${all.length} entries of revisions ${[...revisions].join()}`)
  }
  return revision
}
