import { canonicalJson, type JsonValue } from '@outlast/snapshot'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Begins the value of bytes that are no text. */
export const octetStreamPrefix = 'data:application/octet-stream;base64,'

/**
 * The value of a key, with the members of its objects in canonical order: it will be compared and written in that order more
 * than once, and then has it already. What is no JSON, or JSON without a canonical form (an escaped half of a surrogate pair,
 * a number beyond a double, nesting that is too deep), is kept as a string: dropping it would make a backup lie, and rejecting
 * it would let one item stop everybody's backup. Bytes that are no text become a `data:` address.
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
    const canonical = canonicalJson({ value })
    if (canonical === `{"value":${text}}`) return value
    const entry: { readonly value: JsonValue } = JSON.parse(canonical)
    return entry.value
  } catch {
    return text
  }
}
