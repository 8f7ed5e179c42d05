import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import type { CaseResult } from './case-result.ts'

const script = fileURLToPath(new URL('adapter-process.ts', import.meta.url))

/** Runs all cases of an adapter in a process of its own. Throws when that does not live to the end. */
export async function runCases(adapter: string): Promise<readonly CaseResult[]> {
  const child = spawn(process.execPath, ['--conditions=@outlast/source', script, adapter], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const results: CaseResult[] = []
  for await (const line of createInterface(child.stdout)) {
    const result: CaseResult = JSON.parse(line)
    results.push(result)
  }
  const [exitCode] = await exited
  if (exitCode !== 0) {
    throw new Error(`The process of ${adapter} died (${exitCode}) in the case after "${results.at(-1)?.name}"`)
  }
  return results
}
