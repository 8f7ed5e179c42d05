import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { systemCode } from './error-text.ts'
import { UserError } from './user-error.ts'

/** Creates the folder of `--data` for its owner alone. Throws `UserError` when it cannot be used. */
export async function prepareDataFolder(path: string): Promise<void> {
  const problem = await prepareNodeFolder(path)
  if (problem !== undefined) throw new UserError(problem)
}

/** What a full, read-only or failing disk says, rather than a mistake in `--data`. */
const diskTrouble: ReadonlySet<string> = new Set([
  'EROFS',
  'ENOENT',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'ESTALE',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'ENOTCONN',
  'ENODEV',
])

/**
 * The same for a node that keeps nothing but copies there: with a disk that is full or has become read-only it can do its
 * work, and what is on it is what it starts from when all else is gone. Resolves with why the folder cannot be written, if
 * so. Throws `UserError` when this is no folder that the node may use.
 */
export async function prepareNodeFolder(path: string): Promise<string | undefined> {
  const problem = (error: unknown): string => `--data ${path}: is no folder that can be written (${systemCode(error)})`
  try {
    // Of a read-only disk, a recursive `mkdir` of Node.js says ENOENT.
    await mkdir(path, { recursive: true, mode: 0o700 }).catch(async () => mkdir(path, { mode: 0o700 }))
    await access(path, constants.R_OK | constants.X_OK)
  } catch (error) {
    if (diskTrouble.has(systemCode(error))) return problem(error)
    throw new UserError(problem(error))
  }
  return access(path, constants.W_OK).then(() => undefined, problem)
}
