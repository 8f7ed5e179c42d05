import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** What `outlast reload` needs to find the data plane of a folder. */
export interface RunningDataPlane {
  readonly pid: number
  /** Base address of its status port. */
  readonly status: string
}

const schema: z.ZodType<RunningDataPlane> = z.object({ pid: z.int().positive(), status: z.url() })

const fileName = 'running.json'

export async function writeRunningFile(folder: string, running: RunningDataPlane): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, fileName), JSON.stringify(running), { mode: 0o600 })
}

export async function readRunningFile(folder: string): Promise<RunningDataPlane | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(join(folder, fileName), 'utf8')))
  } catch {
    return undefined
  }
}

export async function removeRunningFile(folder: string): Promise<void> {
  await rm(join(folder, fileName), { force: true })
}
