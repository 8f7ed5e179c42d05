import type { Command } from 'commander'
import { nodeCommand } from './node-command.ts'

export function dpCommand(): Command {
  return nodeCommand('dp', async () => (await import('../data-plane/run-data-plane.ts')).runDataPlane)
    .description(
      'Run a data plane: proxy traffic, follow the control plane, outlast it from snapshots; or look at one, and give it orders.',
    )
    .option('--http <address>', 'proxy here instead of apisix.node_listen (default 0.0.0.0:9080)')
    .addHelpText('after', help)
}

const help = `
Environment:
  API7_CONTROL_PLANE_ENDPOINTS   JSON array of control plane URLs
  API7_CONTROL_PLANE_TOKEN       this gateway group's token
  API7_CONTROL_PLANE_CERT, _KEY, _CA, _SNI   client certificate (PEM text or file)
  API7_GATEWAY_GROUP_SHORT_ID    gateway group (default "default")

Status port: /status, /status/ready, /status/detail, /metrics

SIGHUP, or "outlast reload", reads the configuration file again without dropping a connection.`
