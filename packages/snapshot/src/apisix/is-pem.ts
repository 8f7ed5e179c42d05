import type { JsonValue } from '../entries/entry.ts'

/** Whether a certificate or a key stands there itself. APISIX never takes that for a ciphertext (apisix/ssl.lua). */
export function isPem(text: JsonValue | undefined): text is string {
  return typeof text === 'string' && text.startsWith('---')
}
