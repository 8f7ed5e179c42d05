import { stat } from 'node:fs/promises'

/** Whether a folder is there: then the key of this path is absent, and only keys below it exist. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false // asked to explain another error, which stays the one that counts
  }
}
