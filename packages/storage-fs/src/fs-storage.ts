import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { defineStorage, type StorageAdapter } from '@outlast/storage'

import { checkRoot } from './check-root.ts'
import { etagOf } from './etag-of.ts'
import { keyPath } from './key-path.ts'
import { mapError } from './map-error.ts'
import { readFileIfPresent } from './read-file-if-present.ts'
import { removeFile } from './remove-file.ts'
import { sweepIncomplete } from './sweep-incomplete.ts'
import { walkKeys } from './walk-keys.ts'
import { writeWholeFile } from './write-whole-file.ts'

export interface FsStorageOptions {
  /** The folder that holds the store; keys are the paths of files below it. */
  readonly path: string
  /**
   * Whether the folder has to be there already, as a mounted disk has: without it every call then fails with
   * `bucket-not-found`. Otherwise the first write creates it, and until then the store is empty. Default false.
   */
  readonly mustExist?: boolean | undefined
  /** Deadline of every call (of every page, for `list`), in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * A store in a folder, for one or several processes of one machine. A file is there as a whole or not at all.
 * Throws a `TypeError` when the path is empty.
 */
export function fsStorage(options: FsStorageOptions): StorageAdapter {
  // Of an empty path, such as an unset variable's, `resolve` would make the current directory.
  if (typeof options.path !== 'string' || options.path === '') throw new TypeError('fsStorage: path must name a folder')
  const root = resolve(options.path)
  // Asked after whatever says "absent": a disk may be gone at any moment, and asked before, it would be there still.
  const present = (): Promise<void> => checkRoot(root, options.mustExist ?? false)
  let swept = false

  return defineStorage(
    {
      name: pathToFileURL(root).href,
      capabilities: { createOnly: true },
      async get(key, { maximumBytes, signal }) {
        const bytes = await readFileIfPresent(keyPath(root, key), { maximumBytes, signal })
        if (bytes !== undefined) return { bytes, etag: etagOf(bytes) }
        await present()
        return undefined
      },
      async put(key, bytes, { ifAbsent, signal }) {
        await present()
        const path = keyPath(root, key)
        try {
          await writeWholeFile({ root, path, bytes, ifAbsent, signal })
        } finally {
          // Also after a failure: what is swept may be what filled the disk.
          if (!swept) await sweepIncomplete(root)
          swept = true
        }
        return etagOf(bytes)
      },
      async *list(prefix, { after = '', signal }) {
        yield* walkKeys({ root, prefix, after, signal })
        await present()
      },
      async delete(key) {
        await removeFile(root, keyPath(root, key))
        await present()
      },
      mapError,
    },
    { timeoutMs: options.timeoutMs },
  )
}
