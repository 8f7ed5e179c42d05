import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'

export interface Stub {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  stop(): Promise<void>
}

/**
 * A stub server in a process of its own, so that its work is not counted as ours. The script prints its port, and ends
 * with its standard input, so also when this process ends.
 */
export async function startStub(script: URL, ...options: readonly string[]): Promise<Stub> {
  const child = spawn(process.execPath, [fileURLToPath(script), ...options], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const port = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
  if (port.done === true) throw new Error(`${script.href} did not start`)
  return {
    endpoint: `http://127.0.0.1:${port.value}`,
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}
