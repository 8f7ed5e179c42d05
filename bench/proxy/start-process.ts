import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

export interface BenchProcess {
  readonly pid: number
  stop(): Promise<void>
}

/** A program and its arguments so that it runs on one core only. */
export function onCore(core: number, program: string, programArguments: readonly string[]): [string, string[]] {
  return ['taskset', ['-c', String(core), program, ...programArguments]]
}

/** Starts a program on a core. Resolves when `url` answers, whatever it answers. */
export async function startProcess(
  core: number,
  program: string,
  programArguments: readonly string[],
  url: string,
): Promise<BenchProcess> {
  const child = spawn(...onCore(core, program, programArguments), { stdio: ['ignore', 'ignore', 'inherit'] })
  await once(child, 'spawn')
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} has no process id`)
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`${program} ended`)
    await delay(50)
  }
  return {
    pid,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer()
    return true
  } catch {
    return false
  }
}
