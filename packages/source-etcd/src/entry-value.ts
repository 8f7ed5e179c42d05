import { canonicalJson, type JsonValue } from '@outlast/snapshot'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Only these can be JSON for JSON.parse and yet have no canonical form: an escaped half of a
// surrogate pair, numbers beyond a double, and, in a text that is long enough, nesting that is too deep.
const suspicious = /\\u[dD][89a-fA-F]|[0-9][eE]|[0-9]{300}/
const longEnoughToBeTooDeep = 1_000

/** Begins the value of bytes that are no text. */
export const octetStreamPrefix = 'data:application/octet-stream;base64,'

/**
 * The value of a key. What is no JSON is kept as a string: dropping it would make a backup lie, and rejecting it
 * would let one item stop everybody's backup. Bytes that are no text become a `data:` address.
 */
export function entryValue(bytes: Buffer): JsonValue {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return `${octetStreamPrefix}${bytes.toString('base64')}`
  }
  try {
    const value: JsonValue = JSON.parse(text)
    // In an object, because the entry that it becomes is one, and counts as a level.
    if (text.length > longEnoughToBeTooDeep || suspicious.test(text)) canonicalJson({ value })
    return value
  } catch {
    return text
  }
}
