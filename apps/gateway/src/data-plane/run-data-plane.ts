import { createProxy } from '@outlast/dataplane'
import { dataPlaneConfig, type DataPlaneConfig, type DataPlaneFlags } from '../config/data-plane-config.ts'
import { listenOrExplain } from '../config/listen-address.ts'
import type { NodeRole } from './node-role.ts'
import { runNode, type RunNodeOptions } from './run-node.ts'

/** Runs a data plane until the signal: proxy, importer, status port. Throws `UserError` when it cannot start. */
export async function runDataPlane(options: RunNodeOptions & DataPlaneFlags): Promise<void> {
  const role: NodeRole<DataPlaneConfig> = {
    name: 'outlast-dp',
    readConfig: (file) => dataPlaneConfig(file, options, options.environment),
    openOutlet: proxyOutlet,
    fixedAtStart: ({ httpListen, router }) => ({ 'apisix.node_listen': httpListen, 'apisix.router': router }),
  }
  await runNode(role, options)
}

const proxyOutlet: NodeRole<DataPlaneConfig>['openOutlet'] = ({ router, httpListen }, logger) => {
  const proxy = createProxy({ router, logger })
  return {
    sink: proxy,
    // Only now: a refused connection sends a client or load balancer elsewhere, a 404 from an empty router does not.
    async open() {
      for (const address of httpListen) await listenOrExplain(address, (at) => proxy.listen(at))
      return 'serving'
    },
    close: async () => proxy.close(),
  }
}
