import { readFile } from 'node:fs/promises'

import { hasCode } from './has-code.ts'

/** The whole file, as it was when it was opened; `undefined` when there is none. */
export async function readFileIfPresent(path: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path, { signal })
  } catch (error) {
    // EISDIR: only keys below this one exist. ENOTDIR: a part of the path is itself a key.
    if (hasCode(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) return undefined
    throw error
  }
}
