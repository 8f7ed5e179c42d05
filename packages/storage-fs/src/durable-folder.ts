import { mkdir, open } from 'node:fs/promises'
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
  const firstCreated = await mkdir(path, { recursive: true, mode: 0o700 })
  if (firstCreated === undefined) return
  for (let created = path; ; created = dirname(created)) {
    await syncFolder(dirname(created))
    if (created === firstCreated || created === dirname(created)) return
  }
}
