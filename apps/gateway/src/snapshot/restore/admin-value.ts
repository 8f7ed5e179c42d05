import { isJsonArray, type Entry, type EntryRef, type JsonValue } from '@outlast/snapshot'
import { idText, isJsonObject, type JsonObject } from '../../control-plane/json-object.ts'

/** Below the Admin API's base; an id may have several segments: `jack/credentials/key-1`. */
export function resourcePath({ kind, id }: EntryRef): string {
  return [kind, ...id.split('/')].map(encodeURIComponent).join('/')
}

const times: ReadonlySet<string> = new Set(['create_time', 'update_time'])
const privateKeys: ReadonlySet<string> = new Set(['key', 'keys'])

/** What is put: the server sets the times itself, and refuses them. */
export function withoutTimes(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value
  const { upstream, ...own } = without(value, times)
  return upstream === undefined
    ? own
    : { ...own, upstream: isJsonObject(upstream) ? without(upstream, times) : upstream }
}

/** What the server gives back of an entry: without times and private keys, and with the id or without, so it goes. */
export function comparableWithAdmin({ kind, id, value }: Entry): Entry {
  const shown = withoutTimes(value)
  if (!isJsonObject(shown)) return { kind, id, value: shown }
  const visible = kind === 'ssls' ? without(shown, privateKeys) : shown
  const { id: named, ...unnamed } = visible
  const isItsOwn = [id, id.split('/').at(-1)].includes(idText(named))
  return { kind, id, value: isItsOwn ? unnamed : visible }
}

/** Whether `found` holds all that was `wanted`: an APISIX writes its defaults beside it. */
export function acceptedByAdmin(found: JsonValue, wanted: JsonValue): boolean {
  if (isJsonObject(wanted)) {
    return (
      isJsonObject(found) &&
      Object.entries(wanted).every(([name, value]) => {
        const there = Object.hasOwn(found, name) ? found[name] : undefined
        return there !== undefined && acceptedByAdmin(there, value)
      })
    )
  }
  if (isJsonArray(wanted)) {
    if (!isJsonArray(found) || found.length !== wanted.length) return false
    return wanted.every((item, index) => {
      const there = found[index]
      return there !== undefined && acceptedByAdmin(there, item)
    })
  }
  return found === wanted
}

function without(value: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)))
}
