import { randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { StorageError } from '@outlast/storage'

import { makeFolder, syncFolder } from './durable-folder.ts'
import { giveName } from './give-name.ts'
import { hasCode } from './has-code.ts'
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
    await giveName({ incomplete, path, ifAbsent, signal })
    await syncName(path)
  } finally {
    // What cannot be removed now is swept later, and must not hide how the write went.
    await rm(incomplete, { force: true }).catch(() => {})
  }
}

async function syncName(path: string): Promise<void> {
  try {
    await syncFolder(dirname(path))
  } catch (cause) {
    // A delete has removed the file, and the folder that it left empty.
    if (hasCode(cause, 'ENOENT')) return
    // Whatever it was ("denied", "no space"): the name is there, so that nobody may take it for a refusal.
    const message = 'the file was written, but its folder could not be flushed to the disk'
    throw new StorageError({ code: 'unavailable', message, cause })
  }
}
