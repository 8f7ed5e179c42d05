import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { memoryStorage } from '@outlast/storage'
import { fsStorage } from '@outlast/storage-fs'
import { sideOf, type Contest, type Side } from './side.ts'

/**
 * Beside node:fs used plainly: files are overwritten in place and flushed. Ours does more (it never shows a partial
 * file, and survives a power cut), so the ratio is what that costs.
 */
export async function fsContest(): Promise<Contest> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-bench-'))
  const root = join(folder, 'bare')
  const bare: Side = {
    async put(key, bytes) {
      const path = join(root, key)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes, { flush: true })
    },
    get: (key) => readFile(join(root, key)),
    list: (prefix) => readdir(join(root, prefix)),
  }
  return {
    bare: { description: 'node:fs, files flushed but overwritten in place', side: bare },
    ours: sideOf(fsStorage({ path: join(folder, 'ours') })),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The least that a call costs: the checks, deadline and copies that every adapter gets. */
export async function memoryContest(): Promise<Contest> {
  return { bare: undefined, ours: sideOf(memoryStorage()), close: async () => undefined }
}
