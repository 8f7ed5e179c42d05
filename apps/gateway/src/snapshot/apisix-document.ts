import { isJsonArray, type Entry, type JsonValue } from '@outlast/snapshot'
import { resourceKinds } from '@outlast/snapshot/apisix'

/** A configuration as a stock APISIX reads it in standalone mode. */
export interface ApisixDocument {
  /** One list for each kind, in APISIX's order. */
  readonly lists: { readonly [kind: string]: readonly JsonValue[] }
  /** Entries of kinds that APISIX does not know, or that are no objects. */
  readonly leftOut: { readonly [kind: string]: number }
  /** How many entries hold a `${{…}}`, which APISIX would replace. */
  readonly substituted: number
}

/** Sorts entries into the lists of `apisix.yaml`; credentials stand among the consumers, as APISIX has them. */
export function apisixDocument(entries: readonly Entry[]): ApisixDocument {
  const lists = new Map<string, JsonValue[]>(resourceKinds.map((kind) => [kind, []]))
  const leftOut = new Map<string, number>()
  let substituted = 0
  for (const entry of entries) {
    const list = lists.get(entry.kind)
    const items = list && itemsOf(entry)
    if (!items) {
      leftOut.set(entry.kind, (leftOut.get(entry.kind) ?? 0) + 1)
      continue
    }
    list.push(...items)
    if (JSON.stringify(entry.value).includes('${{')) substituted += 1
  }
  return {
    lists: Object.fromEntries([...lists].filter(([, items]) => items.length > 0)),
    leftOut: Object.fromEntries(leftOut),
    substituted,
  }
}

/** Whether `apisix.yaml` has a place for the entry. */
export function hasApisixForm(entry: Entry): boolean {
  return resourceKinds.some((kind) => kind === entry.kind) && itemsOf(entry) !== undefined
}

function itemsOf({ kind, id, value }: Entry): readonly JsonValue[] | undefined {
  // The enabled plugins are one list, whichever entry holds it.
  if (kind === 'plugins' && isJsonArray(value)) return value
  if (typeof value !== 'object' || value === null || isJsonArray(value)) return undefined
  if (kind === 'plugins') return [{ name: id, ...value }]
  // Consumers go by their names, and APISIX refuses an id.
  if (kind === 'consumers' && !id.includes('/')) return [{ username: id, ...value }]
  return [{ ...value, id }]
}
