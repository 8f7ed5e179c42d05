import { stat } from 'node:fs/promises'

import { StorageError } from '@outlast/storage'

import { hasCode } from './has-code.ts'

/** Keeps "the store is not there" apart from "the key is absent", which the errors of single files do not. */
export async function checkRoot(root: string, mustExist: boolean): Promise<void> {
  const problem = await rootProblem(root, mustExist)
  if (problem !== undefined) throw new StorageError({ code: 'bucket-not-found', message: problem })
}

async function rootProblem(root: string, mustExist: boolean): Promise<string | undefined> {
  try {
    return (await stat(root)).isDirectory() ? undefined : 'this is a file, not a folder'
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return 'a part of this path is a file, not a folder'
    if (!hasCode(error, 'ENOENT')) throw error
    return mustExist ? 'the folder does not exist' : undefined
  }
}
