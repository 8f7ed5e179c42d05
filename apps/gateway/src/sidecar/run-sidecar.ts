import { join } from 'node:path'
import { createDataPlane, noteFile } from '@outlast/dataplane'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { fsStorage } from '@outlast/storage-fs'
import { pino } from 'pino'
import { buildId } from '../build-id.ts'
import { readConfigFile } from '../config/config-file.ts'
import { listenOrExplain } from '../config/listen-address.ts'
import { sidecarConfig } from '../config/sidecar-config.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { dataPlaneSources, fallbackField } from '../data-plane/data-plane-sources.ts'
import { startOrExplain } from '../data-plane/start-or-explain.ts'
import { checkFallbackStores } from '../storage/check-fallback-stores.ts'
import { whenAborted } from '../when-aborted.ts'
import { openSink } from './open-sink.ts'
import { sidecarStatusApp } from './sidecar-status-app.ts'

export interface RunSidecarOptions {
  readonly config: string
  /** Folder of everything that the sidecar keeps on disk. */
  readonly data: string
  /** Address of the status port, above that of the file. */
  readonly status?: string | undefined
  /** Only read the file, try the stores, and return. */
  readonly check?: boolean | undefined
  readonly environment: NodeJS.ProcessEnv
  /** Aborted to stop. */
  readonly signal: AbortSignal
}

/**
 * Runs the importer of a data plane for a stock APISIX beside it, until the signal. APISIX keeps what it was given when
 * the sidecar ends. Throws `UserError` when it cannot start.
 */
export async function runSidecar(options: RunSidecarOptions): Promise<void> {
  const { environment, signal, data } = options
  const file = await readConfigFile(options.config, environment)
  const config = sidecarConfig(file, options, environment)
  const logger = pino({ name: 'outlast-sidecar', level: config.logLevel })
  const sources = await dataPlaneSources(file, config, logger)
  const check = (): Promise<void> =>
    checkFallbackStores({ file, field: fallbackField, stores: sources.fallbacks, access: 'read', signal })
  if (options.check) return check()
  await prepareDataFolder(data)
  if (config.ignored.length > 0) logger.warn({ keys: config.ignored }, 'these configuration keys have no effect here')

  const local = fsStorage({ path: join(data, 'snapshots') })
  const sink = openSink(config, logger)
  const dataPlane = createDataPlane({
    live: sources.live,
    stores: sources.stores,
    group: config.group,
    local,
    localSealingKeys: sources.sealingKeys,
    fields: fieldProtection({ group: config.group }),
    sink,
    poison: { note: noteFile(join(data, 'poison.json')), build: buildId() },
    logger,
  })
  const status = sidecarStatusApp({ status: () => dataPlane.status(), sink: () => sink.status() })
  try {
    await listenOrExplain(config.statusListen, ({ host, port }) => status.listen({ host, port }))
    await startOrExplain({
      dataPlane,
      local,
      signal,
      check: async () => {
        if (!config.live) await check()
      },
      isCurrent: () => true,
    })
    const { mode, source, position } = dataPlane.status()
    if (!signal.aborted) logger.info({ mode, source, position }, 'following')
    await whenAborted(signal)
  } finally {
    // First the sink: what it is handed last must not wait for a gateway that does not answer.
    await sink.close()
    await dataPlane.stop()
    await status.close()
  }
}
