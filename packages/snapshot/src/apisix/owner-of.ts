import type { EntryRef } from '../entries/entry.ts'

const collections: ReadonlyMap<string, string> = new Map([
  ['consumers', 'credentials'],
  ['services', 'graphql_cost_decorations'],
])

/** The id of the resource that an entry belongs to, of the same kind: `jack` of `consumers/jack/credentials/key-1`. */
export function ownerOf(entry: EntryRef): string | undefined {
  const [owner, collection, id, ...rest] = entry.id.split('/')
  const isOwned = collection !== undefined && collection === collections.get(entry.kind)
  return isOwned && owner && id && rest.length === 0 ? owner : undefined
}
