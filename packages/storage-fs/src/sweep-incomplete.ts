import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { incompleteFolder } from './key-path.ts'

const abandonedAfterMs = 60 * 60 * 1_000

/**
 * Removes what killed processes left behind while they wrote; otherwise one that is killed again and again
 * would fill the disk. To be called after a write, won or lost: the folder has changed then, so that its own time is the
 * present by the clock that also dated the files in it. Never fails: it is only housekeeping.
 */
export async function sweepIncomplete(root: string): Promise<void> {
  const folder = join(root, incompleteFolder)
  try {
    const { mtimeMs: nowMs } = await stat(folder)
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      if (nowMs - (await stat(path)).mtimeMs > abandonedAfterMs) await rm(path, { force: true })
    }
  } catch {
    // Somebody else sweeps or writes at the same time, or may not: the next process will try again.
  }
}
