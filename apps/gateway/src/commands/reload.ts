import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { ReloadReport } from '../data-plane/reload-queue.ts'
import { readRunningFile, type RunningFile } from '../data-plane/running-file.ts'
import { statusDetail } from '../data-plane/status-server.ts'
import { systemCode } from '../error-text.ts'
import { UserError } from '../user-error.ts'

export function reloadCommand(): Command {
  return new Command('reload')
    .description('Make the data plane of this machine read its configuration file again.')
    .option('--data <dir>', 'folder that the data plane was started with', 'outlast-data/dp')
    .option('--timeout <seconds>', 'how long to wait for the outcome', '10')
    .action(async (flags: { data: string; timeout: string }) => {
      const seconds = Number(flags.timeout)
      if (!(seconds > 0)) throw new UserError(`--timeout: "${flags.timeout}" is not a number of seconds`)
      await reload(flags.data, seconds)
      process.stdout.write('reloaded\n')
    })
}

async function reload(data: string, timeoutSeconds: number): Promise<void> {
  const running = await readRunningFile(data)
  if (!running) throw new UserError(`no data plane runs with --data ${data}`)
  const before = await reloadReport(running)
  if (!before)
    throw new UserError(`the data plane of ${data} does not answer on ${running.status}; is it still running?`)
  signalReload(running.pid)
  const deadline = Date.now() + timeoutSeconds * 1000
  while (Date.now() < deadline) {
    const report = await reloadReport(running)
    // One more than was asked for before, so that the outcome of an earlier request is not taken for ours.
    if (report && report.ended > before.requested) {
      if (report.error !== undefined) throw new UserError(`refused, nothing changed: ${report.error}`)
      return
    }
    await sleep(50)
  }
  throw new UserError(`the data plane did not report the outcome within ${timeoutSeconds} s`)
}

/** `undefined` when nobody answers, or somebody else. */
async function reloadReport(running: RunningFile): Promise<ReloadReport | undefined> {
  try {
    const detail = await statusDetail(running.status)
    return detail.instance === running.instance ? detail.reload : undefined
  } catch {
    return undefined
  }
}

function signalReload(pid: number): void {
  try {
    process.kill(pid, 'SIGHUP')
  } catch (error) {
    throw new UserError(`the data plane cannot be told to reload: process ${pid}: ${systemCode(error)}`)
  }
}
