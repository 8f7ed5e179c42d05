import { hash } from 'node:crypto'

/** SHA-256 as the format writes it: `sha256:<64 hex digits>`. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${hash('sha256', bytes)}`
}
