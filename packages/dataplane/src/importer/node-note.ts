import { readFile, rename, writeFile } from 'node:fs/promises'

/** A small text that outlives the process. */
export interface NodeNote {
  /** `undefined` when nothing was written yet. */
  read(): Promise<string | undefined>
  /** Replaces the text as a whole. Must outlive the death of the process; need not outlive that of the machine. */
  write(text: string): Promise<void>
}

/**
 * A note in a file, for its owner alone (mode 0600). What is beside it under the same name with `.incomplete` is its own.
 * Unless `flush` is given nothing is flushed to the disk: the system keeps what a process has written, however the process
 * ends. With it the text outlives the death of the machine too.
 */
export function noteFile(path: string, { flush = false }: { readonly flush?: boolean } = {}): NodeNote {
  return {
    async read() {
      try {
        return await readFile(path, 'utf8')
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
    },
    async write(text) {
      const incomplete = `${path}.incomplete`
      await writeFile(incomplete, text, { mode: 0o600, flush })
      await rename(incomplete, path)
    },
  }
}
