import type { Entry } from '../entries/entry.ts'
import { parseEncryptedValue } from './encrypted-value.ts'
import { someText } from './value-texts.ts'

/** The ids of the keys that encrypted values in these entries are encrypted with, sorted, each once. */
export function needsKeys(entries: Iterable<Entry>): string[] {
  const ids = new Set<string>()
  for (const { value } of entries) {
    someText(value, (text) => {
      const encrypted = parseEncryptedValue(text)
      if (encrypted !== undefined) ids.add(encrypted.keyId)
      return false
    })
  }
  return [...ids].sort()
}
