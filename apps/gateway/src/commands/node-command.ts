import { Command } from 'commander'
import type { RunNodeOptions } from '../data-plane/run-node.ts'
import { nodeOrderCommands } from './node-orders.ts'
import { nodeStatusCommand } from './node-status.ts'
import { refuseUnknownSubcommand } from './refuse-unknown-subcommand.ts'
import { runUntilStopped } from './run-until-stopped.ts'

interface NodeFlags {
  readonly config: string
  readonly data: string
  readonly status?: string
  /** Of data planes. */
  readonly http?: string
  readonly check?: boolean
}

/** A command that runs a node, which `load` loads, with subcommands to look at one that runs, and to give it orders. */
export function nodeCommand(
  name: 'dp' | 'sidecar',
  load: () => Promise<(options: RunNodeOptions & NodeFlags) => Promise<void>>,
): Command {
  const command = new Command(name)
    .option('-c, --config <file>', 'configuration file', 'config.yaml')
    .option('--data <dir>', 'folder for what the node keeps on disk', `outlast-data/${name}`)
    .option('--status <address>', 'status port instead of apisix.status (default 0.0.0.0:7085)')
    .option('--check', 'check the file and try the stores, then exit')
    // Of a subcommand that is not known, which commander takes for an argument.
    .allowExcessArguments()
    .action(async (flags: NodeFlags, self: Command) => {
      refuseUnknownSubcommand(self)
      const run = await load()
      await runUntilStopped((signal) =>
        run({
          ...flags,
          environment: process.env,
          signal,
          // For good: without a handler the signal would end the process, also while it starts or drains.
          onReload: (reload) => process.on('SIGHUP', reload),
        }),
      )
    })
    .addCommand(nodeStatusCommand())
  for (const each of nodeOrderCommands()) command.addCommand(each)
  return command
}
