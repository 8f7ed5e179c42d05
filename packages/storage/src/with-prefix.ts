import { storageError } from './classify-error.ts'
import { keyProblem, prefixProblem } from './key-rules.ts'
import { overloadedGet } from './overloaded-get.ts'
import type { StorageAdapter } from './storage-adapter.ts'
import { StorageError, type StorageOperation } from './storage-error.ts'

/**
 * The part of a store under `prefix/`, as a store of its own. Keys cannot leave it.
 *
 * The prefix is a key in itself and counts towards the length limit; a `/` at its end changes nothing.
 * Errors of the inner adapter name the full key. Throws `invalid-key` when the prefix is not possible.
 */
export function withPrefix(adapter: StorageAdapter, prefix: string): StorageAdapter {
  const folder = prefix.replace(/\/$/, '')
  const name = `${adapter.name.replace(/\/$/, '')}/${folder}`
  const folderProblem = keyProblem(folder)
  if (folderProblem !== undefined) {
    throw new StorageError({
      code: 'invalid-key',
      message: `${name}: the prefix ${folderProblem}`,
      storage: name,
      key: folder,
    })
  }

  // Checked before joining: in an adapter without checks of its own, `../x` would leave the prefix.
  const inside = (operation: StorageOperation, key: string): string => {
    const problem = operation === 'list' ? prefixProblem(key) : keyProblem(key)
    if (problem !== undefined)
      throw storageError({ storage: name, operation, key }, 'invalid-key', `the key ${problem}`)
    return `${folder}/${key}`
  }

  return {
    name,
    capabilities: adapter.capabilities,
    get: overloadedGet(async (key, options) => adapter.get(inside('get', key), options)),
    put: async (key, bytes, options) => adapter.put(inside('put', key), bytes, options),
    async *list(listPrefix, options = {}) {
      const after = options.after === undefined ? undefined : `${folder}/${options.after}`
      for await (const key of adapter.list(inside('list', listPrefix), { ...options, after })) {
        yield key.slice(folder.length + 1)
      }
    },
    delete: async (key, options) => adapter.delete(inside('delete', key), options),
  }
}
