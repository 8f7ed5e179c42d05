import type { JsonValue } from '@outlast/snapshot'

import { isJsonObject, type JsonObject } from '../json-object.ts'
import { AdminError } from './admin-error.ts'

/** `PATCH` with a body: objects merge, `null` removes a field, everything else (lists too) replaces. */
export function mergeValue(value: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(value))
  for (const [name, change] of Object.entries(patch)) {
    const existing = merged.get(name)
    if (change === null) {
      merged.delete(name)
    } else {
      merged.set(name, isJsonObject(change) && isJsonObject(existing) ? mergeValue(existing, change) : change)
    }
  }
  // Defines own properties only: a field named `__proto__` stays a field.
  return Object.fromEntries(merged)
}

/** `PATCH` with a path: what stands there is replaced; objects on the way are made when absent. */
export function replaceAt(value: JsonObject, path: readonly string[], replacement: JsonValue): JsonObject {
  const [name, ...rest] = path
  if (name === undefined) {
    if (!isJsonObject(replacement)) {
      throw new AdminError(400, 'invalid configuration')
    }
    return replacement
  }
  if (rest.length === 0) {
    return withField(value, name, replacement)
  }
  const existing = Object.hasOwn(value, name) ? value[name] : {}
  if (!isJsonObject(existing)) {
    throw new AdminError(400, `invalid sub-path: /${path.join('/')}`)
  }
  return withField(value, name, replaceAt(existing, rest, replacement))
}

function withField(value: JsonObject, name: string, replacement: JsonValue): JsonObject {
  return Object.fromEntries([...Object.entries(value).filter(([other]) => other !== name), [name, replacement]])
}
