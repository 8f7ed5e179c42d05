import type { ScannedFields } from './scan-fields.ts'

/** Where a body ends (RFC 9112 §6.3): at once, after `length` bytes, after its last chunk, or with the connection. */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close'

/** What framing fields say together; `undefined` when two parties could read them in different ways. */
export interface FramingFields {
  readonly coding: 'none' | 'chunked' | 'unknown'
  /** -1 without a Content-Length. */
  readonly length: number
}

// More digits are more than a number holds exactly.
const lengthPattern = /^\d{1,15}$/

const noBody: FramingFields = { coding: 'none', length: -1 }
const chunkedBody: FramingFields = { coding: 'chunked', length: -1 }
const unknownCoding: FramingFields = { coding: 'unknown', length: -1 }

/**
 * Stricter than RFC 9112 §6.3, which lets some of it be repaired: a repeated Content-Length, or one beside a
 * Transfer-Encoding, is refused whatever it says.
 */
export function framingFields({ lengths, length, codings, coding }: ScannedFields): FramingFields | undefined {
  if (codings > 0) {
    if (lengths > 0 || codings > 1 || coding === '') return undefined
    return coding.toLowerCase() === 'chunked' ? chunkedBody : unknownCoding
  }
  if (lengths === 0) return noBody
  return lengths === 1 && lengthPattern.test(length) ? { coding: 'none', length: Number(length) } : undefined
}
