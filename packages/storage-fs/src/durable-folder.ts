import { access, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

import { hasCode } from './has-code.ts'

/** Makes the names in a folder as durable as the files behind them: a new name lives in the folder, not in the file. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    // Some file systems do not flush folders one by one (some network mounts), and do it in their own time.
    if (!hasCode(error, 'EINVAL', 'ENOTSUP')) throw error
  } finally {
    await folder.close()
  }
}

/** Creates a folder and its missing parents, for this user only. */
export async function makeFolder(path: string): Promise<void> {
  const firstCreated = await mkdir(path, { recursive: true, mode: 0o700 }).catch(async (error: unknown) => {
    throw await reasonOf(error, path)
  })
  if (firstCreated === undefined) return
  for (let created = path; ; created = dirname(created)) {
    await syncFolder(dirname(created))
    if (created === firstCreated || created === dirname(created)) return
  }
}

/**
 * Of a read-only disk, a recursive `mkdir` of Node.js says ENOENT, as if a folder had vanished. The system says what it is
 * when it is asked for the first folder that is missing.
 */
async function reasonOf(error: unknown, path: string): Promise<unknown> {
  if (!hasCode(error, 'ENOENT')) return error
  for (let missing = path; missing !== dirname(missing); missing = dirname(missing)) {
    if (!(await isThere(dirname(missing)))) continue
    return mkdir(missing, { mode: 0o700 }).then(
      () => error,
      (reason: unknown) => reason,
    )
  }
  return error
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
