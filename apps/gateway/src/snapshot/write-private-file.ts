import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemCode } from '../error-text.ts'
import { UserError } from '../user-error.ts'

/** Writes a file that only its owner can read, and that is there as a whole or not at all. Throws a `UserError`. */
export async function writePrivateFile(path: string, text: string, option: string): Promise<void> {
  const folder = dirname(path)
  const incomplete = join(folder, `.${basename(path)}.${randomUUID()}`)
  try {
    const file = await open(incomplete, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(incomplete, path)
  } catch (error) {
    await rm(incomplete, { force: true }).catch(() => {})
    throw new UserError(`${option} ${path}: cannot be written (${systemCode(error)})`, { cause: error })
  }
}
