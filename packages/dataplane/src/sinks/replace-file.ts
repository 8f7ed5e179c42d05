import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemCode } from './system-code.ts'

/**
 * Writes a text file so that it is seen as a whole or not at all, also across a crash, and is on the disk once this
 * resolves. Only its owner can read it. Its modification time is in a later second than that of `present`, the file that
 * it replaces: seconds are what APISIX looks at. Resolves with what the new file looks like.
 */
export async function replaceFile(path: string, pieces: readonly string[], present: Stats | undefined): Promise<Stats> {
  const folder = dirname(path)
  await sweep(path)
  const incomplete = join(folder, `${incompletePrefix(path)}${randomUUID()}`)
  try {
    const file = await open(incomplete, 'wx', 0o600)
    let stats: Stats
    try {
      for (const piece of pieces) await file.appendFile(piece)
      const { atime, mtime } = await file.stat()
      if (present && second(mtime) <= second(present.mtime)) await file.utimes(atime, second(present.mtime) + 1)
      await file.sync()
      stats = await file.stat()
    } finally {
      await file.close()
    }
    await rename(incomplete, path)
    await syncFolder(folder)
    return stats
  } finally {
    // What cannot be removed now is swept later, and must not hide how the write went.
    await rm(incomplete, { force: true }).catch(() => {})
  }
}

/** Removes what a process that was killed in the middle has left: it holds secrets. */
async function sweep(path: string): Promise<void> {
  const folder = dirname(path)
  const left = (await readdir(folder)).filter((name) => name.startsWith(incompletePrefix(path)))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
}

function incompletePrefix(path: string): string {
  return `.${basename(path)}.incomplete-`
}

/** A new name lives in the folder, not in the file. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    // Some file systems do not flush folders one by one, and do it in their own time.
    if (!['EINVAL', 'ENOTSUP'].includes(systemCode(error) ?? '')) throw error
  } finally {
    await folder.close()
  }
}

function second(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
