import { sidecarConfig, type SidecarConfig } from '../config/sidecar-config.ts'
import { runNode, type RunNodeOptions } from '../data-plane/run-node.ts'
import { sidecarOutlet } from './sidecar-outlet.ts'

/**
 * Runs the importer of a data plane for a stock APISIX beside it, until the signal. APISIX keeps what it was given when
 * the sidecar ends. Throws `UserError` when it cannot start.
 */
export async function runSidecar(
  options: RunNodeOptions & {
    /** Address of the status port, above that of the file. */
    readonly status?: string | undefined
  },
): Promise<void> {
  await runNode<SidecarConfig>(
    {
      name: 'outlast-sidecar',
      readConfig: (file) => sidecarConfig(file, options, options.environment),
      openOutlet: sidecarOutlet,
    },
    options,
  )
}
