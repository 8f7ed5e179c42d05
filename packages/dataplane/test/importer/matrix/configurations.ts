import type { Configuration, Entry } from '@outlast/snapshot'

/** Revisions of the one lineage that nodes are used to, from the oldest to the newest. */
export const revisions = {
  older: 50,
  image: 80,
  'earlier backup': 90,
  backup: 110,
  running: 115,
  'later backup': 118,
  live: 120,
  recovered: 140,
} as const

/** Somebody has deleted everything that was `running`. */
export const emptiedRevision = 116

export const identity = 'cp'
export const otherIdentity = 'another cluster'

/** Every entry says which configuration it belongs to, and one exists in no other: so two that are mixed show. */
export function configuration(name: string): Configuration {
  const entry = (kind: string, id: string): Entry => ({ kind, id, value: name })
  return {
    resources: [entry('routes', 'a'), entry('routes', 'b'), entry('routes', `only in ${name}`)],
    instance: [entry('keyring', '1')],
  }
}

export const emptyConfiguration: Configuration = { resources: [], instance: [] }

/** Which configuration these entries are, whole and with nothing beside it; `undefined` when they are a mixture. */
export function nameOfConfiguration(
  entries: Iterable<Entry>,
  /** Whose instance half may come with the resources of another one. */
  instanceOf?: string,
): string | undefined {
  const found = [...entries]
  if (found.length === 0) return 'empty'
  const name = found.find(({ kind }) => kind === 'routes')?.value
  if (typeof name !== 'string') return undefined
  const { resources, instance } = configuration(name)
  const halves = instanceOf === undefined ? [instance] : [instance, configuration(instanceOf).instance]
  return halves.some((half) => keys(found) === keys([...resources, ...half])) ? name : undefined
}

function keys(entries: readonly Entry[]): string {
  return entries
    .map(({ kind, id, value }) => JSON.stringify([kind, id, value]))
    .toSorted()
    .join()
}
