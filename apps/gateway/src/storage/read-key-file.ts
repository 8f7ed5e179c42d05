import { readFile } from 'node:fs/promises'
import { errorText, systemCode } from '../error-text.ts'

/** Reads a key. Throws what `fault` makes of the reason, which names the file and never quotes its content. */
export async function readKeyFile<Key>(
  path: string,
  parse: (text: string) => Key,
  fault: (reason: string) => Error,
): Promise<Key> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fault(`${path}: cannot be read (${systemCode(error)})`)
  })
  try {
    return parse(text)
  } catch (error) {
    throw fault(`${path}: ${errorText(error)}`)
  }
}
