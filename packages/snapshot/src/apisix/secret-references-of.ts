import type { JsonValue } from '../entries/entry.ts'
import { isJsonObject } from '../entries/json-object.ts'
import { secretNeed, type SecretNeed } from './secret-reference.ts'

/** A `$secret://` reference somewhere in a value. */
export interface SecretReference extends SecretNeed {
  readonly path: readonly (string | number)[]
}

interface Place {
  readonly value: JsonValue
  readonly name: string | number
  readonly parent: Place | undefined
}

/** Every `$secret://` reference in a value, however deep it lies. */
export function secretReferencesOf(value: JsonValue): SecretReference[] {
  const found: SecretReference[] = []
  // A list of what is left to do instead of recursion: values may be nested deeper than a stack is.
  const open: Place[] = [{ value, name: '', parent: undefined }]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (typeof place.value === 'string') {
      const need = secretNeed(place.value)
      if (need !== undefined) found.push({ path: pathOf(place), ...need })
    } else if (Array.isArray(place.value)) {
      for (const [name, item] of (place.value as readonly JsonValue[]).entries())
        open.push({ value: item, name, parent: place })
    } else if (isJsonObject(place.value)) {
      for (const [name, member] of Object.entries(place.value)) open.push({ value: member, name, parent: place })
    }
  }
  return found.toReversed()
}

function pathOf(place: Place): (string | number)[] {
  const path: (string | number)[] = []
  for (let at = place; at.parent !== undefined; at = at.parent) path.push(at.name)
  return path.toReversed()
}
