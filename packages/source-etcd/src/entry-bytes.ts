import type { JsonValue } from '@outlast/snapshot'
import { entryValue, octetStreamPrefix } from './entry-value.ts'

/**
 * What a key has to hold so that `entryValue` gives this value: JSON, and for strings that `entryValue` made of
 * something else, that again.
 */
export function entryBytes(value: JsonValue): Buffer {
  if (typeof value === 'string') {
    const original = value.startsWith(octetStreamPrefix)
      ? Buffer.from(value.slice(octetStreamPrefix.length), 'base64')
      : Buffer.from(value)
    // A string that is JSON itself, such as "1", would come back as something else: it was JSON in quotes.
    if (entryValue(original) === value) return original
  }
  return Buffer.from(JSON.stringify(value))
}
