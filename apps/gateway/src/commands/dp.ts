import { Command } from 'commander'
import { runDataPlane } from '../data-plane/run-data-plane.ts'
import { UserError } from '../user-error.ts'
import { dpControlCommands } from './dp-control.ts'
import { dpStatusCommand } from './dp-status.ts'
import { runUntilStopped } from './run-until-stopped.ts'

interface DpFlags {
  readonly config: string
  readonly data: string
  readonly http?: string
  readonly status?: string
  readonly check?: boolean
}

export function dpCommand(): Command {
  const command = new Command('dp')
    .description(
      'Run a data plane: proxy traffic, follow the control plane, outlast it from snapshots; or look at one, and give it orders.',
    )
    .option('-c, --config <file>', 'configuration file', 'config.yaml')
    .option('--data <dir>', 'folder for what the node keeps on disk', 'outlast-data/dp')
    .option('--http <address>', 'proxy here instead of apisix.node_listen (default 0.0.0.0:9080)')
    .option('--status <address>', 'status port instead of apisix.status (default 0.0.0.0:7085)')
    .option('--check', 'check the file and try the stores, then exit')
    // Of a subcommand that is not known, which commander takes for an argument.
    .allowExcessArguments()
    .addHelpText('after', environmentHelp)
    .action(async (flags: DpFlags, self: Command) => {
      const [unknown] = self.args
      if (unknown !== undefined) throw new UserError(`dp ${unknown}: no such command; see "outlast dp --help"`)
      await runUntilStopped((signal) =>
        runDataPlane({
          ...flags,
          environment: process.env,
          signal,
          // For good: without a handler the signal would end the process, also while it starts or drains.
          onReload: (reload) => process.on('SIGHUP', reload),
        }),
      )
    })
    .addCommand(dpStatusCommand())
  for (const each of dpControlCommands()) command.addCommand(each)
  return command
}

const environmentHelp = `
Environment:
  API7_CONTROL_PLANE_ENDPOINTS   JSON array of control plane URLs
  API7_CONTROL_PLANE_TOKEN       this gateway group's token
  API7_CONTROL_PLANE_CERT, _KEY, _CA, _SNI   client certificate (PEM text or file)
  API7_GATEWAY_GROUP_SHORT_ID    gateway group (default "default")

SIGHUP, or "outlast reload", reads the configuration file again without dropping a connection.`
