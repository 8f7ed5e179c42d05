import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { readRunningFile } from '../data-plane/running-file.ts'
import { statusDetail, type ReloadReport } from '../data-plane/status-server.ts'
import { UserError } from '../user-error.ts'

export function reloadCommand(): Command {
  return new Command('reload')
    .description('Make the data plane of this machine read its configuration file again.')
    .option('--data <dir>', 'folder that the data plane was started with', 'outlast-data/dp')
    .option('--timeout <seconds>', 'how long to wait for the outcome', '10')
    .action(async (flags: { data: string; timeout: string }) => {
      await reload(flags.data, Number(flags.timeout) * 1000)
      process.stdout.write('reloaded\n')
    })
}

async function reload(data: string, timeoutMs: number): Promise<void> {
  const running = await readRunningFile(data)
  if (!running) throw new UserError(`no data plane runs with --data ${data}`)
  const before = await lastReload(running.status)
  if (!before)
    throw new UserError(`the data plane of ${data} does not answer on ${running.status}; is it still running?`)
  process.kill(running.pid, 'SIGHUP')
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    const report = await lastReload(running.status)
    if (report && report.count > before.count) {
      if (report.error) throw new UserError(`refused, nothing changed: ${report.error}`)
      return
    }
    await sleep(50)
  }
  throw new UserError(`the data plane did not report the outcome within ${timeoutMs / 1000} s`)
}

async function lastReload(status: string): Promise<ReloadReport | undefined> {
  try {
    return (await statusDetail(status)).reload
  } catch {
    return undefined
  }
}
