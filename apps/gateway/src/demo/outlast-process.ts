import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServerProcess, type ServerProcess } from '@outlast/test-servers'

/** Starts `outlast …` as a process of its own, which cannot outlive this one. `program` is that of another release. */
export async function startOutlast(
  commandLine: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  program: string = executable(),
): Promise<ServerProcess> {
  // Addresses of another control plane in the caller's environment must not leak in.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('API7_')))
  return startServerProcess(process.execPath, [program, ...commandLine], {
    environment: { ...inherited, ...environment },
  })
}

// This file may run from the sources or bundled into `dist`.
function executable(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'bin/outlast.js'))) folder = dirname(folder)
  return join(folder, 'bin/outlast.js')
}
