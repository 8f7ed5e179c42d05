import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { systemCode } from '../error-text.ts'
import { UserError } from '../user-error.ts'

export function reloadCommand(): Command {
  return new Command('reload')
    .description('Make the data plane or sidecar of this machine read its configuration file again.')
    .option('--data <dir>', 'folder that it was started with', 'outlast-data/dp')
    .option('--timeout <seconds>', 'how long to wait for the outcome', '10')
    .action(async (flags: { data: string; timeout: string }) => {
      const seconds = Number(flags.timeout)
      if (!(seconds > 0)) throw new UserError(`--timeout: "${flags.timeout}" is not a number of seconds`)
      await reload(flags.data, seconds)
      process.stdout.write('reloaded\n')
    })
}

async function reload(data: string, timeoutSeconds: number): Promise<void> {
  const { runningNode } = await import('../data-plane/running-node.ts')
  const node = await runningNode(data)
  signalReload(node.pid)
  const deadline = Date.now() + timeoutSeconds * 1000
  while (Date.now() < deadline) {
    const report = (await node.ask())?.reload
    // One more than was asked for before, so that the outcome of an earlier request is not taken for ours.
    if (report && report.ended > node.detail.reload.requested) {
      if (report.error !== undefined) throw new UserError(`refused, nothing changed: ${report.error}`)
      return
    }
    await sleep(50)
  }
  throw new UserError(`the node did not report the outcome within ${timeoutSeconds} s`)
}

function signalReload(pid: number): void {
  try {
    process.kill(pid, 'SIGHUP')
  } catch (error) {
    throw new UserError(`the node cannot be told to reload: process ${pid}: ${systemCode(error)}`)
  }
}
