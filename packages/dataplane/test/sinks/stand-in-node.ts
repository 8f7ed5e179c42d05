import { isJsonArray, type JsonValue } from '@outlast/snapshot'
import { resourceKinds, validateEntry } from '@outlast/snapshot/apisix'

export interface Item {
  readonly [name: string]: JsonValue
}

/** What `PUT` takes: versions and lists by kind. */
export interface StandaloneBody {
  readonly [name: string]: JsonValue
}

interface Fault {
  readonly kind: string
  readonly item: Item
  /** In its list. */
  readonly index: number
  readonly reason: string
}

interface Held {
  readonly digest: string
  readonly lastModified: number
  readonly versions: ReadonlyMap<string, number>
  readonly lists: ReadonlyMap<string, readonly Item[]>
}

/** Kinds of which apisix/admin/standalone.lua lets items have a `modifiedIndex`, in all of its versions. */
const indexedKinds: ReadonlySet<string> = new Set(
  resourceKinds.filter((kind) => !['plugins', 'plugin_metadata', 'secrets', 'stream_routes'].includes(kind)),
)

/**
 * The memory of a node in API-driven standalone mode, as apisix/admin/standalone.lua and config_validate.lua have it: the
 * digest decides first, then everything is validated, then versions are compared, and nothing is taken unless all is.
 */
export class StandInNode {
  /** Ids of items that it takes exception to, with its words. */
  readonly faults = new Map<string, string>()
  /** The same for some versions of an item. */
  faultOf: ((item: Item) => string | undefined) | undefined
  /** How it tells which item it refuses; this has changed between versions of APISIX. */
  names: 'when-validating' | 'in-message' | 'never' = 'when-validating'
  #held: Held | undefined

  /** What it has of a kind, by id and without indexes; `undefined` before it was given anything. */
  items(kind: string): { readonly [id: string]: JsonValue } | undefined {
    return (
      this.#held &&
      Object.fromEntries(
        (this.#held.lists.get(kind) ?? []).map(({ modifiedIndex: _index, ...item }) => [nameOf(item), item]),
      )
    )
  }

  version(kind: string): number {
    return this.#held?.versions.get(kind) ?? 0
  }

  /** It forgets everything. */
  restart(): void {
    this.#held = undefined
  }

  get metadata(): { readonly digest: string; readonly lastModified: number } | undefined {
    return this.#held
  }

  /** The answer to `GET`. */
  get told(): StandaloneBody {
    const told: { [name: string]: JsonValue } = {}
    for (const kind of resourceKinds) {
      told[`${kind}_conf_version`] = this.version(kind)
      const list = this.#held?.lists.get(kind)
      if (list !== undefined) told[kind] = list
    }
    const { digest, lastModified } = this.#held ?? {}
    return digest === undefined || lastModified === undefined
      ? told
      : { ...told, 'X-Digest': digest, 'X-Last-Modified': lastModified }
  }

  /** The answer to `PUT`. */
  replace(digest: string, body: StandaloneBody): { readonly status: number; readonly message?: string } {
    if (this.#held?.digest === digest) return { status: 204 }
    for (const kind of resourceKinds) {
      const version = body[`${kind}_conf_version`]
      if (version !== undefined && typeof version !== 'number') return refused(`${kind}_conf_version must be a number`)
    }
    const [fault] = this.faultsIn(body)
    if (fault !== undefined) {
      const { kind, index, reason } = fault
      return refused(this.names === 'in-message' ? `invalid ${kind} at index ${index}, err: ${reason}` : reason)
    }
    const versions = new Map<string, number>()
    const lists = new Map<string, readonly Item[]>()
    for (const kind of resourceKinds) {
      const before = this.version(kind)
      const told = body[`${kind}_conf_version`]
      const version = typeof told === 'number' ? told : before + 1
      if (version < before) return refused(`${kind}_conf_version must be greater than or equal to (${before})`)
      versions.set(kind, version)
      const list = version === before ? (this.#held?.lists.get(kind) ?? []) : itemsOf(body[kind])
      if (list.length > 0) lists.set(kind, list)
    }
    this.#held = { digest, lastModified: Math.floor(Date.now() / 1000), versions, lists }
    return { status: 202 }
  }

  /** What is wrong with a body. */
  *faultsIn(body: StandaloneBody): Generator<Fault> {
    for (const kind of resourceKinds) {
      const seen = new Set<string>()
      for (const [index, item] of itemsOf(body[kind]).entries()) {
        const name = nameOf(item)
        const reason = this.#faultOf(kind, item, name)
        if (reason !== undefined) yield { kind, item, index, reason }
        else if (seen.has(name)) yield { kind, item, index, reason: `found duplicate id ${name} in ${kind}` }
        seen.add(name)
      }
    }
  }

  #faultOf(kind: string, item: Item, name: string): string | undefined {
    const asked = this.faults.get(name) ?? this.faultOf?.(item)
    if (asked !== undefined) return asked
    const { modifiedIndex, id: _id, ...value } = item
    if (modifiedIndex !== undefined && !indexedKinds.has(kind))
      return 'additional properties forbidden, found modifiedIndex'
    // APISIX keeps numbers with 14 digits.
    if (modifiedIndex !== undefined && !/^\d{1,14}$/.test(JSON.stringify(modifiedIndex)))
      return 'property "modifiedIndex" validation failed: wrong type: expected integer'
    if (kind === 'consumers' && item['username'] !== undefined && item['id'] !== undefined) return 'wrong username'
    return kind === 'plugins' ? undefined : validateEntry({ kind, id: name, value })
  }
}

function refused(message: string): { readonly status: number; readonly message: string } {
  return { status: 400, message }
}

function nameOf(item: Item): string {
  const name = item['id'] ?? item['username'] ?? item['name']
  return typeof name === 'string' ? name : ''
}

function itemsOf(list: JsonValue | undefined): readonly Item[] {
  return isJsonArray(list) ? list.filter(isItem) : []
}

function isItem(value: JsonValue): value is Item {
  return typeof value === 'object' && value !== null && !isJsonArray(value)
}
