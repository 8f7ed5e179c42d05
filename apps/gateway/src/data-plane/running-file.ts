import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** What commands on the same machine need to find the data plane of a folder. */
export interface RunningFile {
  readonly pid: number
  /** Base address of its status port. */
  readonly status: string
  /** Told by its status port too. A process id or a port alone may belong to somebody else by now. */
  readonly instance: string
  /** With which it takes orders. */
  readonly token: string
}

const schema: z.ZodType<RunningFile> = z.object({
  pid: z.int().positive(),
  status: z.url(),
  instance: z.string().min(1),
  token: z.string().min(1),
})

const fileName = 'running.json'

export async function writeRunningFile(folder: string, running: RunningFile): Promise<void> {
  await writeFile(join(folder, fileName), JSON.stringify(running), { mode: 0o600 })
}

export async function readRunningFile(folder: string): Promise<RunningFile | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(join(folder, fileName), 'utf8')))
  } catch {
    return undefined
  }
}

/** Removes the file unless it speaks of another process, such as a successor in the same folder. */
export async function removeRunningFile(folder: string, instance: string): Promise<void> {
  const running = await readRunningFile(folder)
  if (running?.instance === instance) await rm(join(folder, fileName), { force: true })
}
