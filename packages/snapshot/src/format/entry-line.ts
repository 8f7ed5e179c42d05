import { canonicalJson } from '../entries/canonical-json.ts'
import type { Entry } from '../entries/entry.ts'

/** One entry as a line of a part, without the line feed. SPEC section 6. */
export function entryLine({ id, kind, value }: Entry): string {
  return canonicalJson({ id, kind, value })
}
