import type { Entry, JsonValue } from '../entries/entry.ts'
import { isJsonArray } from '../entries/json-array.ts'
import { isJsonObject } from '../entries/json-object.ts'
import { resourceKinds, type ResourceKind } from './kinds.ts'
import { ownerOf } from './owner-of.ts'

/** A configuration as a stock APISIX reads it in standalone mode. */
export interface ApisixDocument {
  /** One list for each kind, in APISIX's order. */
  readonly lists: { readonly [kind: string]: readonly JsonValue[] }
  /** Entries of kinds that APISIX does not know, or that are no objects. */
  readonly leftOut: { readonly [kind: string]: number }
  /** How many entries hold a `${{…}}`, which some versions of APISIX would replace. */
  readonly substituted: number
}

/** Sorts entries into the lists of `apisix.yaml`; credentials stand among the consumers, as APISIX has them. */
export function apisixDocument(entries: readonly Entry[]): ApisixDocument {
  const lists = new Map<string, JsonValue[]>(resourceKinds.map((kind) => [kind, []]))
  const leftOut = new Map<string, number>()
  let substituted = 0
  for (const entry of entries) {
    const items = apisixItems(entry)
    if (!items) {
      leftOut.set(entry.kind, (leftOut.get(entry.kind) ?? 0) + 1)
      continue
    }
    lists.get(entry.kind)?.push(...items)
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
  return apisixItems(entry) !== undefined
}

/**
 * What an entry adds to the list of its kind in `apisix.yaml`: one item with its id, as APISIX has it, or for `plugins`
 * any number; `undefined` when there is no place for it.
 */
export function apisixItems(entry: Entry): readonly JsonValue[] | undefined {
  const { kind, id, value } = entry
  if (!isResourceKind(kind)) return undefined
  // The enabled plugins are one list, whichever entry holds it.
  if (kind === 'plugins' && isJsonArray(value)) return value
  if (!isJsonObject(value)) return undefined
  if (kind === 'plugins') return [{ name: id, ...value }]
  // What belongs to a service has no list, and among the services APISIX would refuse it.
  if (kind === 'services' && ownerOf(entry) !== undefined) return undefined
  // Consumers go by their names, and APISIX refuses an id.
  if (kind === 'consumers' && !id.includes('/')) return [{ username: id, ...value }]
  return [{ ...value, id }]
}

const kinds: ReadonlySet<string> = new Set(resourceKinds)

function isResourceKind(kind: string): kind is ResourceKind {
  return kinds.has(kind)
}
