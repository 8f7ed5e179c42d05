import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const executable = fileURLToPath(new URL('../../bin/outlast.js', import.meta.url))

/** Runs `outlast …` as a process of its own, to its end. */
export async function runOutlast(
  commandLine: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    // Stores and keys of whoever runs the tests must not leak in.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('OUTLAST_'))
    const env = { ...Object.fromEntries(inherited), ...environment }
    const options = { env, timeout: 60_000, maxBuffer: 2 ** 26 }
    const child = execFile(process.execPath, [executable, ...commandLine], options, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr })
    })
  })
}
