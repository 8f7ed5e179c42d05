import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ScratchFolder {
  readonly path: string
  remove(): Promise<void>
}

/** A new empty folder under the system's temporary folder. */
export async function scratchFolder(purpose: string): Promise<ScratchFolder> {
  const path = await mkdtemp(join(tmpdir(), `outlast-${purpose}-`))
  return {
    path,
    // A killed daemon may still be closing files, so a first attempt may find the folder busy.
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  }
}
