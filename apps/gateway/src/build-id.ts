import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Differs between two builds of this program, and between versions of Node.js; the same for every start of one. */
export function buildId(): string {
  // Of an installed program this is the bundle itself.
  const { mtimeMs, size } = statSync(fileURLToPath(import.meta.url))
  return `${size}-${Math.trunc(mtimeMs)}-node-${process.versions.node}`
}
