import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

import { StorageError } from '@outlast/storage'

import { hasCode } from './has-code.ts'

export interface ReadOptions {
  readonly maximumBytes: number
  readonly signal: AbortSignal
}

/** The whole file, as it was when it was opened; `undefined` when there is none. */
export async function readFileIfPresent(path: string, options: ReadOptions): Promise<Uint8Array | undefined> {
  const file = await openIfPresent(path)
  if (file === undefined) return undefined
  try {
    return await readWhole(file, options)
  } finally {
    await file.close()
  }
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    // Without O_NONBLOCK a named pipe would keep the thread until somebody writes to it.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    // ENOTDIR: a part of the path is itself a key.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    // What O_NOFOLLOW says of a symbolic link, and the system of a socket.
    if (hasCode(error, 'ELOOP', 'ENXIO')) throw noRegularFile(error)
    throw error
  }
}

// Of a read at once, so that one that is given up ends soon.
const chunkBytes = 4 * 2 ** 20

async function readWhole(file: FileHandle, { maximumBytes, signal }: ReadOptions): Promise<Uint8Array | undefined> {
  const found = await file.stat()
  if (found.isDirectory()) return undefined // only keys below this one exist
  if (!found.isFile()) throw noRegularFile()
  if (found.size > maximumBytes) {
    throw new StorageError({
      code: 'too-large',
      message: `the file has ${found.size} bytes, and at most ${maximumBytes} were asked for`,
    })
  }

  const bytes = new Uint8Array(found.size)
  for (let filled = 0; filled < bytes.length;) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(bytes, filled, Math.min(chunkBytes, bytes.length - filled), filled)
    if (bytesRead === 0) throw changedMeanwhile()
    filled += bytesRead
  }
  // Writers of this package replace files. Whoever writes into one may not be done yet.
  const { bytesRead: more } = await file.read(new Uint8Array(1), 0, 1, bytes.length)
  if (more > 0) throw changedMeanwhile()
  return bytes
}

function noRegularFile(cause?: unknown): StorageError {
  return new StorageError({
    code: 'invalid-response',
    message: 'this is a symbolic link or a device, not a file of its own',
    retryable: false,
    cause,
  })
}

function changedMeanwhile(): StorageError {
  return new StorageError({ code: 'conflict', message: 'the file changed in its length while it was read' })
}
