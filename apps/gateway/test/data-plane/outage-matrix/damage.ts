import { chmod, lstat, readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'

/** Cuts every file below a folder in half, as a broken disk or an interrupted copy does. */
export async function damageFiles(folder: string): Promise<void> {
  for (const path of await pathsBelow(folder)) {
    await unlessGone(async () => {
      const found = await lstat(path)
      if (found.isFile()) await truncate(path, Math.floor(found.size / 2))
    })
  }
}

/** Takes the right to write away from a folder and all below it, or gives it back. Root must be told to respect it. */
export async function setWritable(folder: string, isWritable: boolean): Promise<void> {
  for (const path of [folder, ...(await pathsBelow(folder))]) {
    await unlessGone(async () => {
      const readOnly = (await lstat(path)).isFile() ? 0o400 : 0o500
      await chmod(path, isWritable ? readOnly | 0o200 : readOnly)
    })
  }
}

async function pathsBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).map((name) => join(folder, name))
}

/** A node may be just removing what is to be damaged. */
async function unlessGone(act: () => Promise<void>): Promise<void> {
  await act().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
