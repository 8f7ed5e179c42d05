import { canonicalJson, entryKey, mapInSlices, type Entry, type EntryRef, type JsonValue } from '@outlast/snapshot'
import {
  apisixCipher,
  apisixItems,
  domainOf,
  keyringKeysOf,
  resourceKinds,
  type ApisixCipher,
} from '@outlast/snapshot/apisix'
import type { ConfigChange, ConfigVersion } from '../importer/config-sink.ts'

/** What one entry comes to. The same object as long as nothing about it changes. */
export interface StandaloneItem extends EntryRef {
  /** With its id, decrypted, and with names in one order; of `plugins` any number, else one. */
  readonly values: readonly JsonValue[]
}

/** A complete configuration as a stock APISIX takes it in standalone mode. It never changes. */
export interface StandaloneConfiguration {
  readonly version: ConfigVersion
  /** Of every kind that APISIX knows, in APISIX's order; items in the order of their ids, so that equal content looks alike. */
  readonly lists: ReadonlyMap<string, readonly StandaloneItem[]>
}

/** Follows the changes that a sink is handed. */
export class StandaloneState {
  readonly #extraKeys: readonly string[]
  readonly #entries = new Map<string, Entry>()
  readonly #leftOut = new Map<string, string>()
  #keys: readonly string[]
  #cipher: ApisixCipher
  #lists: ReadonlyMap<string, readonly StandaloneItem[]> = new Map(resourceKinds.map((kind) => [kind, []]))

  /** `keyring`: keys beside those of the configuration. Throws `TypeError` when one of them cannot be a key. */
  constructor(keyring: readonly string[]) {
    this.#extraKeys = keyring
    this.#keys = keyring
    this.#cipher = apisixCipher(keyring)
  }

  get leftOut(): { readonly [kind: string]: number } {
    const counts = new Map<string, number>()
    for (const kind of this.#leftOut.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    return Object.fromEntries(counts)
  }

  /** Must not be called before the last call has ended. */
  async apply({ upserted, removed, version }: ConfigChange): Promise<StandaloneConfiguration> {
    for (const ref of removed) this.#entries.delete(entryKey(ref))
    for (const entry of upserted) this.#entries.set(entryKey(entry), entry)
    // With other keys everything may come out differently.
    const touched = this.#readKeyring() ? [...this.#entries.values()] : upserted
    const items = await mapInSlices(touched, (entry) => this.#item(entry))
    this.#replace([...removed, ...touched], items)
    return { version, lists: this.#lists }
  }

  /** Whether the keys are others than before. */
  #readKeyring(): boolean {
    const instance = [...this.#entries.values()].filter(({ kind }) => domainOf(kind) === 'instance')
    const keys = [...new Set([...keyringKeysOf(instance), ...this.#extraKeys])]
    if (keys.length === this.#keys.length && keys.every((key, index) => key === this.#keys[index])) return false
    this.#keys = keys
    this.#cipher = apisixCipher(keys)
    return true
  }

  #item(entry: Entry): StandaloneItem | undefined {
    const { kind, id } = entry
    const { value } = this.#cipher.decrypt(entry)
    const values = apisixItems({ kind, id, value: withOrderedNames(value) })
    return values && { kind, id, values }
  }

  #replace(touched: readonly EntryRef[], items: readonly (StandaloneItem | undefined)[]): void {
    const gone = new Set(touched.map(entryKey))
    for (const key of gone) this.#leftOut.delete(key)
    const added = Map.groupBy(
      items.filter((item) => item !== undefined),
      ({ kind }) => kind,
    )
    const formed = new Set(items.flatMap((item) => (item === undefined ? [] : [entryKey(item)])))
    for (const { kind, id } of touched) {
      const key = entryKey({ kind, id })
      const isLeftOut = this.#entries.has(key) && !formed.has(key) && domainOf(kind) === 'resources'
      if (isLeftOut) this.#leftOut.set(key, kind)
    }
    const changed = new Set(touched.map(({ kind }) => kind))
    this.#lists = new Map(
      Array.from(this.#lists, ([kind, before]) => {
        if (!changed.has(kind)) return [kind, before]
        const kept = before.filter((item) => !gone.has(entryKey(item)))
        return [kind, [...kept, ...(added.get(kind) ?? [])].sort(byId)]
      }),
    )
  }
}

function byId(left: EntryRef, right: EntryRef): number {
  return left.id < right.id ? -1 : Number(left.id > right.id)
}

/** A source and a snapshot of it may have the names of one value in different orders. */
function withOrderedNames(value: JsonValue): JsonValue {
  try {
    const ordered: JsonValue = JSON.parse(canonicalJson(value))
    return ordered
  } catch {
    // Not canonical (a lone surrogate, say): as it came.
    return value
  }
}
