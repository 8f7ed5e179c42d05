import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { systemCode } from './error-text.ts'
import { UserError } from './user-error.ts'

/** Creates the folder of `--data` for its owner alone. Throws `UserError` when it cannot be used. */
export async function prepareDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UserError(`--data ${path}: is no folder that can be written (${systemCode(error)})`)
  }
}
