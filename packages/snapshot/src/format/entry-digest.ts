import { hash } from 'node:crypto'
import type { Entry } from '../entries/entry.ts'
import { entryLine } from './entry-line.ts'

/**
 * SHA-256 over an entry's line in a part (SPEC section 6), in base64url: the same for equal entries, wherever they come from.
 * Throws `TypeError` for an entry without a canonical form.
 */
export function entryDigest(entry: Entry): string {
  return lineDigest(entryLine(entry))
}

/** The same where the line is at hand, without its line feed. */
export function lineDigest(line: string): string {
  return hash('sha256', line, 'base64url')
}
