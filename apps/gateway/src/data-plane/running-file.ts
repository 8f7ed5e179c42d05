import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { noteFile } from '@outlast/dataplane'
import { backOffMs, type Logger } from '@outlast/snapshot'
import { z } from 'zod'
import { errorText } from '../error-text.ts'

/** What commands on the same machine need to find the node of a folder. */
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

/** Replaces the file as a whole. */
async function writeRunningFile(folder: string, running: RunningFile): Promise<void> {
  await noteFile(join(folder, fileName)).write(JSON.stringify(running))
}

/**
 * Writes the file. On a disk that is full or read-only it warns once, goes on trying until the signal, and resolves after
 * the first attempt: who cannot be found by commands can still serve.
 */
export async function keepRunningFile(
  folder: string,
  running: RunningFile,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const failure = await writeRunningFile(folder, running).catch(errorText)
  if (failure === undefined) return
  logger.warn({ reason: failure }, 'commands on this machine do not find this node')
  const retry = async (): Promise<void> => {
    for (let failures = 1; ; failures++) {
      const pauseMs = backOffMs({ failures, firstMs: 1_000, limitMs: 10_000, random: Math.random })
      await sleep(pauseMs, undefined, { signal, ref: false })
      const again = await writeRunningFile(folder, running).catch(errorText)
      if (again === undefined) break
    }
    logger.info({}, 'commands on this machine find this node again')
  }
  // Only the signal ends it early, and then nobody waits any more.
  retry().catch(() => {})
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
