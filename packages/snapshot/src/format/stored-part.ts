import { digestOf } from './digest.ts'
import type { PartReference } from './manifest.ts'

/** Whether these are the bytes that were stored as this part, whatever is in them. */
export function isStoredAs(bytes: Uint8Array, { stored }: PartReference): boolean {
  return bytes.byteLength === stored.size && digestOf(bytes) === stored.digest
}
