import type { StorageAdapter } from '@outlast/storage'
import { errorText } from '../../error-text.ts'
import { UserError } from '../../user-error.ts'
import { openStore } from '../open-store.ts'
import { placeFromUrl } from './place-from-url.ts'

/**
 * Opens the store that the URL of an option names, with credentials of the environment's usual variables. Reaches out to
 * nothing. Throws a `UserError` that names the option and never repeats the URL.
 */
export function storageFromUrl(
  text: string,
  { option = '--store', environment }: { readonly option?: string; readonly environment: NodeJS.ProcessEnv },
): StorageAdapter {
  try {
    return openStore(placeFromUrl(text, environment))
  } catch (error) {
    const problem = error instanceof UserError ? error.message : `cannot be used: ${errorText(error)}`
    throw new UserError(`${option}: ${problem}`)
  }
}
