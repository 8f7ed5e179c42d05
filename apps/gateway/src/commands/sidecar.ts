import type { Command } from 'commander'
import { nodeCommand } from './node-command.ts'

export function sidecarCommand(): Command {
  return nodeCommand('sidecar', async () => (await import('../sidecar/run-sidecar.ts')).runSidecar)
    .description(
      'Keep the configuration of a stock Apache APISIX: follow the control plane, outlast it from snapshots; or look at ' +
        'what does, and give it orders.',
    )
    .addHelpText('after', help)
}

const help = `
The file is that of a data plane ("outlast dp"), with one block more, which says how APISIX gets its configuration:
  deployment.sidecar.apisix_yaml.path                    an apisix.yaml (role: data_plane, config_provider: yaml)
  deployment.sidecar.admin_api.{endpoints, admin_key}    Admin APIs (role: traditional, config_provider: yaml)

Environment: that of "outlast dp".

Status port: /status, /status/ready, /status/detail, /metrics

SIGHUP, or "outlast reload --data <dir>", reads the configuration file again, that block too.
APISIX keeps what it was given when the sidecar stops, and does not notice when it restarts.`
