import { Command } from 'commander'
import { runSidecar } from '../sidecar/run-sidecar.ts'
import { runUntilStopped } from './run-until-stopped.ts'

export function sidecarCommand(): Command {
  return new Command('sidecar')
    .description(
      'Keep the configuration of a stock Apache APISIX: follow the control plane, outlast it from snapshots.',
    )
    .option('-c, --config <file>', 'configuration file, with deployment.sidecar', 'config.yaml')
    .option('--data <dir>', 'folder for what the sidecar keeps on disk', 'outlast-data/sidecar')
    .option('--status <address>', 'status port instead of apisix.status (default 0.0.0.0:7085)')
    .option('--check', 'check the file and try the stores, then exit')
    .addHelpText('after', help)
    .action(async (flags: { config: string; data: string; status?: string; check?: boolean }) => {
      await runUntilStopped((signal) => runSidecar({ ...flags, environment: process.env, signal }))
    })
}

const help = `
The file is that of a data plane ("outlast dp"), with one block more, which says how APISIX gets its configuration:
  deployment.sidecar.apisix_yaml.path                    an apisix.yaml (role: data_plane, config_provider: yaml)
  deployment.sidecar.admin_api.{endpoints, admin_key}    Admin APIs (role: traditional, config_provider: yaml)

Environment: that of "outlast dp".

APISIX keeps what it was given when the sidecar stops, and does not notice when it restarts.`
