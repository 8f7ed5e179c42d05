import { isDeepStrictEqual } from 'node:util'
import type { ApisixSinkStatus } from '@outlast/dataplane/sinks'
import type { Logger } from '@outlast/snapshot'
import type { SidecarConfig } from '../config/sidecar-config.ts'
import type { NodeOutlet } from '../data-plane/node-role.ts'
import { openSink } from './open-sink.ts'
import { sidecarMetrics } from './sidecar-metrics.ts'
import { switchedSink } from './switched-sink.ts'

/** The APISIX beside a sidecar. Reaches out to nothing before it is handed a configuration. Throws `UserError`. */
export function sidecarOutlet(config: SidecarConfig, logger: Logger): NodeOutlet<SidecarConfig> {
  let driven = settingsOf(config)
  const sink = switchedSink(openSink(config, logger), logger)
  return {
    sink,
    open: async () => 'following',
    close: async () => sink.close(),
    prepare(next) {
      const settings = settingsOf(next)
      if (isDeepStrictEqual(settings, driven)) return () => {}
      const opened = openSink(next, logger)
      return () => {
        driven = settings
        sink.switchTo(opened)
      }
    },
    whyNotReady: (importer) => whyNotReady(importer, sink.status()),
    detail: () => ({ sink: sink.status() }),
    metrics: () => sidecarMetrics(sink.status()),
  }
}

/** What the sink is made of. */
function settingsOf({ target, keyring }: SidecarConfig): object {
  return { target, keyring }
}

/** What was delivered once stays in effect, whatever fails later. */
function whyNotReady({ ready }: { readonly ready: boolean }, { targets }: ApisixSinkStatus): string | undefined {
  if (targets.some(({ digest }) => digest !== undefined)) return undefined
  if (!ready) return 'no complete configuration was found yet'
  return `APISIX was not given its configuration yet: ${targets[0]?.lastError?.message ?? 'it is on its way'}`
}
