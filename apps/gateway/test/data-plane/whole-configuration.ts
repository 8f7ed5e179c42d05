import type { Entry } from '@outlast/snapshot'

/** What one revision is made of. */
export interface WholeConfiguration {
  readonly resources: readonly Entry[]
  readonly instance: readonly Entry[]
}

/**
 * A configuration whose every entry tells the revision that it belongs to, so that a mixture of two is seen. Fewer entries
 * than make a mass change, which a data plane would not take when it comes back to its control plane.
 */
export function wholeConfiguration(revision: number): WholeConfiguration {
  return { resources: entriesOf('routes', 16, revision), instance: entriesOf('plugin_metadata', 4, revision) }
}

/**
 * The revision of which all resources are. Throws when the entries are not exactly those of one revision, or when the
 * instance entries are not all of one that is as new: of two copies that follow each other the newer instance
 * configuration may be read with the older resources, as in every store.
 */
export function revisionOf(entries: Iterable<Entry>): number {
  const all = [...entries]
  const resources = onlyRevision(all.filter(({ kind }) => kind === 'routes'))
  const instance = onlyRevision(all.filter(({ kind }) => kind === 'plugin_metadata'))
  const { resources: routes, instance: metadata } = wholeConfiguration(resources)
  if (all.length !== routes.length + metadata.length || instance < resources)
    throw new Error(`a mixture: ${all.length} entries, resources of ${resources}, instance of ${instance}`)
  return resources
}

function entriesOf(kind: string, count: number, revision: number): Entry[] {
  return Array.from({ length: count }, (_, n) => ({ kind, id: `${kind}-${n}`, value: { revision } }))
}

function onlyRevision(entries: readonly Entry[]): number {
  const revisions = new Set(entries.map(({ value }) => Number(Object(value).revision)))
  const [revision] = revisions
  if (revision === undefined || revisions.size !== 1) throw new Error(`a mixture of revisions ${[...revisions].join()}`)
  return revision
}
