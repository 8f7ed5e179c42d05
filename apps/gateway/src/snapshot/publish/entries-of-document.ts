import { entryKey, isJsonArray, type Entry, type JsonValue } from '@outlast/snapshot'
import { hasApisixForm, resourceKinds } from '@outlast/snapshot/apisix'
import { idText, isJsonObject, type JsonObject } from '../../control-plane/json-object.ts'
import { UserError } from '../../user-error.ts'

/** What a file for a stock APISIX comes to. */
export interface DocumentEntries {
  readonly entries: readonly Entry[]
  /** Those of `base` among them, because such a file has no place for them: that they are not in it says nothing. */
  readonly carriedOver: readonly Entry[]
}

/**
 * The inverse of `apisixDocument`: the entries of a file for a stock APISIX in standalone mode. Such a file gives every
 * item an id (consumers a name); whether that is part of the value is taken from `base`, which the file was made from;
 * an item that is not in there keeps it. Throws a `UserError` that names the place and quotes nothing.
 */
export function entriesOfDocument(document: JsonValue, base: readonly Entry[]): DocumentEntries {
  if (!isJsonObject(document)) throw fault('', 'is no object with a list for each kind')
  const known = new Map(base.map((entry) => [entryKey(entry), entry]))
  const entries = new Map<string, Entry>()
  for (const [kind, list] of Object.entries(document)) {
    // Of API-driven standalone mode; they say nothing about the content.
    if (kind.endsWith('_conf_version')) continue
    if (!resourceKinds.some((name) => name === kind)) throw fault(`/${kind}`, 'is no kind that APISIX knows')
    if (!isJsonArray(list)) throw fault(`/${kind}`, 'is no list')
    for (const entry of kind === 'plugins' ? pluginEntries(list, base) : itemEntries(kind, list, known)) {
      const key = entryKey(entry)
      if (entries.has(key)) throw fault(`/${kind}`, `has ${entry.id} twice`)
      entries.set(key, entry)
    }
  }
  const carriedOver = base.filter((entry) => !hasApisixForm(entry) && !entries.has(entryKey(entry)))
  return { entries: [...entries.values(), ...carriedOver], carriedOver }
}

function itemEntries(kind: string, list: readonly JsonValue[], known: ReadonlyMap<string, Entry>): Entry[] {
  return list.map((item, index) => {
    const place = `/${kind}/${index}`
    if (!isJsonObject(item)) throw fault(place, 'is no object')
    const name = kind === 'consumers' && Object.hasOwn(item, 'username') ? 'username' : 'id'
    const id = idText(item[name])
    if (id === undefined || id === '')
      throw fault(place, kind === 'consumers' ? 'has no username and no id' : 'has no id')
    return { kind, id, value: withNameOf(known.get(`${kind}/${id}`), item, name) }
  })
}

/** All in one list, in whichever entry `base` has it; or each in an entry of its own, where `base` has them so. */
function pluginEntries(list: readonly JsonValue[], base: readonly Entry[]): Entry[] {
  const before = base.filter(({ kind }) => kind === 'plugins')
  const whole = before.find(({ value }) => isJsonArray(value))
  if (whole !== undefined || before.length === 0) return [{ kind: 'plugins', id: whole?.id ?? 'all', value: list }]
  const known = new Map(before.map((entry) => [entry.id, entry]))
  return list.map((item, index) => {
    const id = isJsonObject(item) ? item['name'] : undefined
    if (!isJsonObject(item) || typeof id !== 'string' || id === '') throw fault(`/plugins/${index}`, 'has no name')
    return { kind: 'plugins', id, value: withNameOf(known.get(id), item, 'name') }
  })
}

function withNameOf(base: Entry | undefined, item: JsonObject, name: string): JsonObject {
  if (base === undefined || !isJsonObject(base.value)) return item
  const { [name]: _named, ...rest } = item
  const own = Object.hasOwn(base.value, name) ? base.value[name] : undefined
  return own === undefined ? rest : { ...rest, [name]: own }
}

function fault(place: string, message: string): UserError {
  return new UserError(`${place === '' ? 'the file' : place} ${message}`)
}
