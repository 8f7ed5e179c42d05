import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** `create`: takes the keys of so many rounds, says which it has won, and ends. `until killed`: see there. */
export type WriterTask = 'create' | 'until killed'

export interface WriterOptions {
  /** The folder of the store. */
  readonly path: string
  /** 1 to 255: what it fills its objects with. */
  readonly writer: number
  readonly rounds?: number
}

/** A process of its own that waits for a message, and then writes: see writer-process.ts. */
export function startWriter(task: WriterTask, { path, writer, rounds = 0 }: WriterOptions): ChildProcess {
  return fork(join(import.meta.dirname, 'writer-process.ts'), [task, path, `${writer}`, `${rounds}`], {
    execArgv: ['--conditions=@outlast/source'],
  })
}

/** What a writer says next; a writer that ends without a word fails the test at once. */
export async function nextMessage(writer: ChildProcess): Promise<unknown> {
  const done = new AbortController()
  const { signal } = done
  const ended = once(writer, 'exit', { signal }).then(([code]) => {
    throw new Error(`the writer ended with ${String(code)}`)
  })
  try {
    return (await Promise.race([once(writer, 'message', { signal }), ended]))[0]
  } finally {
    ended.catch(() => {})
    done.abort()
  }
}
