import type { ConfigStore } from '../store/config-store.ts'
import { groupKey, kindSpan } from '../group-keys.ts'
import { keySpan } from '../store/config-store.ts'
import { AdminError } from './admin-error.ts'
import { adminKinds, referenceFields, referencesOf, referredKinds, type AdminKind } from './admin-kinds.ts'
import { parseStored, type JsonObject } from './json-object.ts'

interface Place {
  readonly store: ConfigStore
  readonly group: string
}

/**
 * Throws the 400 that APISIX answers when `value` uses what does not exist. Resolves to what the answer depends on,
 * for the transaction that writes the value to compare.
 */
export async function requireReferences(
  { store, group }: Place,
  value: JsonObject,
): Promise<readonly { readonly key: string; readonly modRevision: number }[]> {
  const found = []
  for (const { kind, id, inPlugin } of referencesOf(value)) {
    if (inPlugin) {
      continue
    }
    const key = groupKey(group, { kind, id })
    const [item] = (await store.range({ keys: keySpan(key) })).items
    if (item === undefined) {
      const label = referenceFields.find((reference) => reference.kind === kind)?.label ?? kind
      throw new AdminError(400, `failed to fetch ${label} info by ${label} id [${id}], response code: 404`)
    }
    found.push({ key, modRevision: item.modRevision })
  }
  return found
}

/** Throws the 400 that APISIX answers when another resource uses this one. */
export async function requireUnused({ store, group }: Place, kind: AdminKind, id: string): Promise<void> {
  if (!referredKinds.has(kind.name)) {
    return
  }
  for (const user of adminKinds) {
    const keys = kindSpan(group, user.name)
    const { items } = await store.range({ keys })
    for (const item of items) {
      // Most items do not even contain the id; those need no parsing.
      if (!item.value.includes(id)) {
        continue
      }
      const use = referencesOf(parseStored(item.value)).find(
        (reference) => reference.kind === kind.name && reference.id === id,
      )
      if (use !== undefined) {
        const place = `${use.inPlugin ? 'plugin in ' : ''}${user.singular} [${item.key.slice(keys.from.length)}]`
        throw new AdminError(
          400,
          `can not delete this ${kind.singular}${kind.deletionRefusal} ${place} is still using it now`,
        )
      }
    }
  }
}
