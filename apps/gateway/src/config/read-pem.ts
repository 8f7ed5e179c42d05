import { readFileSync } from 'node:fs'
import { systemCode } from '../error-text.ts'

/** Reads a file with a certificate or a key. Throws what `fault` makes of the reason. */
export function readPem(path: string, fault: (reason: string) => Error): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fault(`${path}: cannot be read (${systemCode(error)})`)
  }
}
