import { link, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

import { StorageError } from '@outlast/storage'

import { makeFolder } from './durable-folder.ts'
import { hasCode } from './has-code.ts'
import { isFolder } from './is-folder.ts'

export interface NamingOptions {
  /** The complete file, under a name that nobody looks for. */
  readonly incomplete: string
  readonly path: string
  readonly ifAbsent: boolean
  readonly signal: AbortSignal
}

// More often than this, a folder does not vanish between two steps by accident.
const attempts = 100

/** Gives a file its name in one step that no other process can get between. With `ifAbsent`, unless it is taken. */
export async function giveName({ incomplete, path, ifAbsent, signal }: NamingOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      await makeFolder(dirname(path))
      // `link` fails when the name is taken, `rename` replaces it; both are atomic, also between processes.
      return await (ifAbsent ? link(incomplete, path) : rename(incomplete, path))
    } catch (error) {
      // A delete in the same folder has just removed it, because it was empty.
      if (hasCode(error, 'ENOENT') && attempt < attempts) continue
      if (hasCode(error, 'EEXIST') && error.syscall === 'link') {
        if (await hasTwoNames(incomplete)) return
        if (await isFolder(path)) {
          throw new StorageError({ code: 'invalid-key', message: 'the key is the folder of other keys' })
        }
      }
      throw error
    }
  }
}

/**
 * Over a network, a `link` whose answer was lost is sent again, and then finds the name that it has made itself:
 * link(2), "BUGS". Nobody else makes names of this file, so a second one is the answer.
 */
async function hasTwoNames(incomplete: string): Promise<boolean> {
  return (await stat(incomplete)).nlink === 2
}
