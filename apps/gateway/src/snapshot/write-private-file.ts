import { randomUUID } from 'node:crypto'
import { link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemCode } from '../error-text.ts'
import { UserError } from '../user-error.ts'

interface FileOptions {
  /** In messages: which option names the path. */
  readonly option: string
  /** Leave a file alone that is there already, and throw. */
  readonly mustBeNew?: boolean
  /** Let everybody read it. */
  readonly isPublic?: boolean
}

/** Writes a file that only its owner can read unless it is public, and that is there as a whole or not at all. Throws a `UserError`. */
export async function writePrivateFile(path: string, text: string, options: FileOptions): Promise<void> {
  const { option, mustBeNew = false, isPublic = false } = options
  // A rename would put a file in the place of a device, and of a pipe that somebody reads.
  const present = await stat(path).catch(() => undefined)
  if (present !== undefined && !present.isFile()) throw new UserError(`${option} ${path}: is there, and is no file`)
  const folder = dirname(path)
  const incomplete = join(folder, `.${basename(path)}.${randomUUID()}`)
  try {
    const file = await open(incomplete, 'wx', isPublic ? 0o644 : 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    // Unlike a renamed one, a linked file never replaces another.
    if (mustBeNew) await link(incomplete, path)
    else await rename(incomplete, path)
  } catch (error) {
    const code = systemCode(error)
    const reason = code === 'EEXIST' ? 'is there already, and is not overwritten' : `cannot be written (${code})`
    throw new UserError(`${option} ${path}: ${reason}`, { cause: error })
  } finally {
    await rm(incomplete, { force: true }).catch(() => {})
  }
}
