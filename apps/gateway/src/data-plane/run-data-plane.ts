import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { createDataPlane, createProxy, noteFile } from '@outlast/dataplane'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { fsStorage } from '@outlast/storage-fs'
import { pino } from 'pino'
import { buildId } from '../build-id.ts'
import { readConfigFile, type ConfigFile } from '../config/config-file.ts'
import { dataPlaneConfig, type DataPlaneConfig, type DataPlaneFlags } from '../config/data-plane-config.ts'
import { listenOrExplain } from '../config/listen-address.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { errorText } from '../error-text.ts'
import { checkFallbackStores } from '../storage/check-fallback-stores.ts'
import { whenAborted } from '../when-aborted.ts'
import { dataPlaneSources, fallbackField, type OpenSources } from './data-plane-sources.ts'
import { metricsServer } from './metrics-server.ts'
import { reloadQueue } from './reload-queue.ts'
import { removeRunningFile, writeRunningFile } from './running-file.ts'
import { startOrExplain } from './start-or-explain.ts'
import { statusServer, statusUrl } from './status-server.ts'

export interface RunDataPlaneOptions extends DataPlaneFlags {
  readonly config: string
  /** Folder of everything that this node keeps on disk. */
  readonly data: string
  /** Only read the file, try the stores, and return. */
  readonly check?: boolean | undefined
  readonly environment: NodeJS.ProcessEnv
  /** Aborted to stop. */
  readonly signal: AbortSignal
  /** Is handed what to call when the configuration file is to be read again. */
  readonly onReload: (reload: () => void) => void
}

/** Runs a data plane until the signal: proxy, importer, status port. Throws `UserError` when it cannot start. */
export async function runDataPlane(options: RunDataPlaneOptions): Promise<void> {
  const { environment, signal, data } = options
  const reloads = reloadQueue(reload)
  options.onReload(() => reloads.request())

  const { file, config } = await read()
  const logger = pino({ name: 'outlast-dp', level: config.logLevel })
  let sources = await dataPlaneSources(file, config, logger)
  if (options.check) return checkStores({ file, sources, signal })
  await prepareDataFolder(data)
  warnAboutIgnoredKeys(config)

  const instance = randomUUID()
  const token = randomBytes(24).toString('base64url')
  const local = fsStorage({ path: join(data, 'snapshots') })
  const proxy = createProxy({ router: config.router, logger })
  const { sealingKeys: localSealingKeys } = sources
  const dataPlane = createDataPlane({
    live: sources.live,
    stores: sources.stores,
    group: config.group,
    local,
    localSealingKeys,
    fields: fieldProtection({ group: config.group }),
    sink: proxy,
    orders: noteFile(join(data, 'orders.json'), { flush: true }),
    poison: { note: noteFile(join(data, 'poison.json')), build: buildId() },
    logger,
  })
  const status = statusServer({
    status: () => dataPlane.status(),
    reload: () => reloads.report(),
    instance,
    control: dataPlane.control,
    token,
  })

  const metrics = metricsServer(() => dataPlane.status())

  try {
    await listenOrExplain(config.statusListen, ({ host, port }) => status.listen({ host, port }))
    await writeRunningFile(data, { pid: process.pid, status: statusUrl(status), instance, token })
    await serveMetrics()
    reloads.open()
    await startOrExplain({
      dataPlane,
      local,
      signal,
      // Once the file was read again, what it said at first is no reason to give up.
      check: async () => {
        if (!config.live) await checkStores({ file, sources, signal })
      },
      isCurrent: () => reloads.report().requested === 0,
    })
    if (signal.aborted) return
    // Only now: a refused connection sends a client or load balancer elsewhere, a 404 from an empty router does not.
    for (const address of config.httpListen) await listenOrExplain(address, (at) => proxy.listen(at))
    logger.info(summary(), 'serving')
    await whenAborted(signal)
  } finally {
    await reloads.idle()
    await proxy.close()
    await dataPlane.stop()
    await status.close()
    await metrics.close()
    await removeRunningFile(data, instance)
  }

  async function read(): Promise<{ readonly file: ConfigFile; readonly config: DataPlaneConfig }> {
    const found = await readConfigFile(options.config, environment)
    return { file: found, config: dataPlaneConfig(found, options, environment) }
  }

  async function reload(): Promise<void> {
    try {
      const next = await read()
      sources = await dataPlaneSources(next.file, next.config, logger, sources)
      dataPlane.reconfigure(sources)
      logger.level = next.config.logLevel
      warnAboutIgnoredKeys(next.config)
      if (!isDeepStrictEqual(fixedAtStart(next.config), fixedAtStart(config)))
        logger.warn(
          {},
          'apisix.node_listen, apisix.status, apisix.router and plugin_attr take effect at the next start',
        )
      if (!isDeepStrictEqual(keyIds(sources.sealingKeys), keyIds(localSealingKeys)))
        logger.warn({}, "sealing_key_file takes effect for the node's own copies at the next start")
      logger.info(summary(), 'configuration file read again')
    } catch (error) {
      logger.error({ reason: errorText(error) }, 'configuration file refused; nothing changed')
      throw error
    }
  }

  /** Who cannot be measured can still serve: with several nodes on one machine the port is taken, for example. */
  async function serveMetrics(): Promise<void> {
    const { metricsListen } = config
    if (metricsListen === undefined) return
    await listenOrExplain(metricsListen, ({ host, port }) => metrics.listen({ host, port })).catch((error: unknown) => {
      logger.warn({ reason: errorText(error) }, 'metrics are not served')
    })
  }

  function warnAboutIgnoredKeys({ ignored }: DataPlaneConfig): void {
    if (ignored.length > 0) logger.warn({ keys: ignored }, 'these configuration keys have no effect here')
  }

  function summary(): object {
    const { mode, source, position } = dataPlane.status()
    return { mode, source, position }
  }
}

async function checkStores(options: {
  readonly file: ConfigFile
  readonly sources: OpenSources
  readonly signal: AbortSignal
}): Promise<void> {
  const { file, sources, signal } = options
  await checkFallbackStores({ file, field: fallbackField, stores: sources.fallbacks, access: 'read', signal })
}

function keyIds(keys: OpenSources['sealingKeys']): readonly string[] {
  return keys.map(({ keyId }) => keyId)
}

/** What a reload cannot change. */
function fixedAtStart({ httpListen, statusListen, metricsListen, router }: DataPlaneConfig): object {
  return { httpListen, statusListen, metricsListen, router }
}
