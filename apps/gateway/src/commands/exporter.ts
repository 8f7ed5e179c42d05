import { Command } from 'commander'
import { exporterAcceptCommand } from './exporter-accept.ts'
import { exporterStatusCommand } from './exporter-status.ts'
import { refuseUnknownSubcommand } from './refuse-unknown-subcommand.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { snapshotResumeCommand } from './snapshot-resume.ts'

export function exporterCommand(): Command {
  return (
    new Command('exporter')
      .description(
        "Run an exporter of its own (API7's backup node); or look at what exporters do, and decide what they may not.",
      )
      .option('-c, --config <file>', 'configuration file, with deployment.fallback_cp.mode: write', 'config.yaml')
      .option('--status <address>', 'status port instead of apisix.status (default 0.0.0.0:7085)')
      .option('--check', 'check the file, try stores and source, then exit')
      // Of a subcommand that is not known, which commander takes for an argument.
      .allowExcessArguments()
      .action(async (flags: { config: string; status?: string; check?: boolean }, command: Command) => {
        refuseUnknownSubcommand(command)
        const { runExporter } = await import('../exporter/run-exporter.ts')
        await runUntilStopped((signal) => runExporter({ ...flags, environment: process.env, signal }))
      })
      .addCommand(exporterStatusCommand())
      .addCommand(exporterAcceptCommand())
      .addCommand(snapshotResumeCommand())
      .addHelpText('after', help)
  )
}

const help = `
Environment:
  API7_CONTROL_PLANE_ENDPOINTS, _TOKEN, _CERT, _KEY, _CA, _SNI   the control plane, where the file names no deployment.etcd
  API7_GATEWAY_GROUP_SHORT_ID                                    gateway group (default "default")

Status port: /status, /status/ready, /status/detail, /metrics

An exporter never replaces a good backup by what looks like an accident; it holds, and says so in its store:
  status   says whether it holds, why, and what would happen; exit code 2 when it does
  accept   lets exactly that happen, once; the exporter finds the decision when it looks at its source the next time
  resume   ends what a person holds: a rollback, or a configuration published by hand

For these, stores and keys are given as for "outlast snapshot"; see its --help.`
