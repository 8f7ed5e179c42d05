import { rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

import { syncFolder } from './durable-folder.ts'
import { hasCode } from './has-code.ts'
import { isFolder } from './is-folder.ts'

/**
 * Removes a file, and the folders that it leaves empty: stores come and go by the folder, and nobody else
 * would ever tidy up. `rmdir` refuses a folder that is not empty, and writers make a folder again that
 * vanished under them, so this may run beside them.
 */
export async function removeFile(root: string, path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR') || (await isFolder(path))) return
    throw error
  }
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (folder === root || !(await removeIfEmpty(folder))) return syncIfPresent(folder)
  }
}

async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch {
    return false // not empty, gone already, or not ours to remove: the file is deleted all the same
  }
}

async function syncIfPresent(folder: string): Promise<void> {
  try {
    await syncFolder(folder)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}
