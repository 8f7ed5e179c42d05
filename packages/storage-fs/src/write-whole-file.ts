import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { StorageError } from '@outlast/storage'

import { makeFolder, syncFolder } from './durable-folder.ts'
import { hasCode } from './has-code.ts'
import { isFolder } from './is-folder.ts'
import { incompleteFolder } from './key-path.ts'

export interface WriteOptions {
  readonly root: string
  readonly path: string
  readonly bytes: Uint8Array
  readonly ifAbsent: boolean
  readonly signal: AbortSignal
}

/**
 * Writes a file so that it is seen as a whole or not at all, also across a crash, and is durable once this
 * resolves: complete it elsewhere, flush it, give it its name in one step, flush the folder.
 */
export async function writeWholeFile({ root, path, bytes, ifAbsent, signal }: WriteOptions): Promise<void> {
  const folder = join(root, incompleteFolder)
  await makeFolder(folder)
  const incomplete = join(folder, randomUUID())
  try {
    const file = await open(incomplete, 'wx', 0o600)
    try {
      await file.writeFile(bytes, { signal })
      await file.sync()
    } finally {
      await file.close()
    }
    await giveName(incomplete, path, ifAbsent, signal)
    await syncFolder(dirname(path))
  } finally {
    // What cannot be removed now is swept later, and must not hide how the write went.
    await rm(incomplete, { force: true }).catch(() => {})
  }
}

// More often than this, a folder does not vanish between two steps by accident.
const attempts = 100

async function giveName(incomplete: string, path: string, ifAbsent: boolean, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      await makeFolder(dirname(path))
      // `link` fails when the name is taken, `rename` replaces it; both are atomic, also between processes.
      return await (ifAbsent ? link(incomplete, path) : rename(incomplete, path))
    } catch (error) {
      // A delete in the same folder has just removed it, because it was empty.
      if (hasCode(error, 'ENOENT') && attempt < attempts) continue
      if (hasCode(error, 'EEXIST') && error.syscall === 'link' && (await isFolder(path))) {
        throw new StorageError({ code: 'invalid-key', message: 'the key is the folder of other keys' })
      }
      throw error
    }
  }
}
