import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

export interface ServerProcessOptions {
  /** Removed when this process dies without stopping the server. */
  readonly scratchPath?: string | undefined
  readonly cwd?: string | undefined
  readonly environment?: NodeJS.ProcessEnv | undefined
}

/** A server as a child process that cannot outlive us. */
export interface ServerProcess {
  readonly pid: number
  /** Whether the child has not ended yet; what it said until then is in `output`. */
  isAlive(): boolean
  /** `null` while it lives, and when a signal ended it. */
  exitCode(): number | null
  /** The last few kilobytes of its output, for error messages. */
  output(): string
  /** Sends the signal; nothing happens when the child has ended. */
  signal(name: NodeJS.Signals): void
  /** Sends the signal and waits for the end. */
  end(name?: NodeJS.Signals): Promise<void>
}

const outputLimit = 8192

/** Starts the program. Rejects when it cannot be started at all. */
export async function startServerProcess(
  program: string,
  programArguments: readonly string[],
  options: ServerProcessOptions = {},
): Promise<ServerProcess> {
  const child = spawn(program, programArguments, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: options.environment ?? process.env,
    // A process group of its own: Ctrl-C in the terminal reaches us, and we decide about the server.
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputLimit)
    })
  }
  await once(child, 'spawn')
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} has no process id`)
  const watchdog = startWatchdog(pid, options.scratchPath)
  let hasEnded = false
  const ended = whenEnded(child, () => watchdog.kill('SIGKILL')).then(() => {
    hasEnded = true
  })
  const isAlive = () => !hasEnded

  return {
    pid,
    isAlive,
    exitCode: () => child.exitCode,
    output: () => output,
    signal(name) {
      child.kill(name)
    },
    async end(name = 'SIGKILL') {
      if (!isAlive()) return
      child.kill(name)
      // A stopped process does not act on anything but SIGKILL until it is continued.
      if (name !== 'SIGKILL') child.kill('SIGCONT')
      await ended
    },
  }
}

/** How long after its end a child's output is waited for: whom it has started may hold it open for ever. */
const lastWordsMs = 2_000

/** Resolves when the child has ended and all that it said has arrived. Calls back at its end. */
async function whenEnded(child: ChildProcess, onExit: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  onExit()
  await Promise.race([closed, delay(lastWordsMs, undefined, { ref: false })])
}

/**
 * A shell that waits for the end of our pipe. The pipe ends when this process ends, however it ends
 * (an exit handler would not see SIGKILL), and the shell then kills the server.
 */
function startWatchdog(pid: number, scratchPath: string | undefined): ChildProcess {
  const script = 'read -r _; kill -9 "$0" 2>/dev/null; [ -z "$1" ] || { sleep 0.5; rm -rf -- "$1"; }'
  const watchdog = spawn('/bin/sh', ['-c', script, String(pid), scratchPath ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // The write end may break when the watchdog is killed first; that is its normal end.
  watchdog.stdin.on('error', () => undefined)
  watchdog.unref()
  return watchdog
}
