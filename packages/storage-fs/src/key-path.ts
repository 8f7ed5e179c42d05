import { join } from 'node:path'

import { StorageError } from '@outlast/storage'

/** Files on their way to being complete. Beside the keys, because a rename cannot leave its file system. */
export const incompleteFolder = '.outlast-incomplete'

/**
 * The file of a key: the key itself, below the root. `defineStorage` has refused whatever could leave it
 * (`..`, backslashes, a leading `/`); names that are too long are refused by the file system.
 */
export function keyPath(root: string, key: string): string {
  if (key === incompleteFolder || key.startsWith(`${incompleteFolder}/`)) {
    throw new StorageError({ code: 'invalid-key', message: `keys below "${incompleteFolder}" are reserved` })
  }
  return join(root, key)
}
