import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { compareKeys } from '@outlast/storage'

import { hasCode } from './has-code.ts'
import { incompleteFolder } from './key-path.ts'

export interface WalkOptions {
  readonly root: string
  readonly prefix: string
  readonly after: string
  readonly signal: AbortSignal
}

/**
 * Every key with the prefix after `after`, in UTF-8 byte order, with one folder of each level in memory.
 * Folders that cannot hold such keys are not opened.
 */
export async function* walkKeys(options: WalkOptions, base = ''): AsyncGenerator<string, void, undefined> {
  const { root, prefix, after, signal } = options
  for (const key of await sortedEntries(root, base)) {
    signal.throwIfAborted()
    if (key.endsWith('/')) {
      const mayMatch = key.startsWith(prefix) || prefix.startsWith(key)
      const mayFollow = after.startsWith(key) || compareKeys(key, after) > 0
      if (mayMatch && mayFollow) yield* walkKeys(options, key)
    } else if (key.startsWith(prefix) && compareKeys(key, after) > 0) {
      yield key
    }
  }
}

// Folders with their slash: `b-a` comes before `b/a`, so a folder's place among its neighbours is that of `b/`.
async function sortedEntries(root: string, base: string): Promise<string[]> {
  const keys: string[] = []
  for (const entry of await entriesOf(join(root, base))) {
    if (base === '' && entry.name === incompleteFolder) continue
    if (entry.isDirectory()) keys.push(`${base}${entry.name}/`)
    else if (entry.isFile()) keys.push(base + entry.name)
  }
  return keys.sort(compareKeys)
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    // Removed since its parent was read, or a store that nobody has written to yet.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
