import { join } from 'node:path'
import { createDataPlane, createProxy } from '@outlast/dataplane'
import { StorageError } from '@outlast/storage'
import { fsStorage } from '@outlast/storage-fs'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { readConfigFile } from '../config/config-file.ts'
import { dataPlaneConfig, type DataPlaneFlags } from '../config/data-plane-config.ts'
import { listenOrExplain } from '../config/listen-address.ts'
import { errorText } from '../error-text.ts'
import { checkFallbackStores } from '../storage/check-fallback-stores.ts'
import { untilAborted } from '../until-aborted.ts'
import { dataPlaneSources, fallbackField } from './data-plane-sources.ts'
import { removeRunningFile, writeRunningFile } from './running-file.ts'
import { statusServer, type ReloadReport } from './status-server.ts'

export interface RunDataPlaneOptions extends DataPlaneFlags {
  readonly config: string
  /** Folder of everything that this node keeps on disk. */
  readonly data: string
  /** Only read the file, try the stores, and return. */
  readonly check?: boolean | undefined
  readonly environment: NodeJS.ProcessEnv
  /** Aborted to stop. */
  readonly signal: AbortSignal
  /** Calls back when the configuration file is to be read again; returns how to stop that. */
  readonly onReload: (reload: () => void) => () => void
}

/** Runs a data plane until the signal: proxy, importer, status port. Throws `UserError` when it cannot start. */
export async function runDataPlane(options: RunDataPlaneOptions): Promise<void> {
  const { environment, signal, data } = options
  const read = async () => {
    const file = await readConfigFile(options.config, environment)
    return { file, config: dataPlaneConfig(file, options, environment) }
  }

  const { file, config } = await read()
  const logger = pino({ name: 'outlast-dp', level: config.logLevel })
  const { fallbacks, ...sources } = dataPlaneSources(file, config, logger)
  const tryStores = () => checkFallbackStores({ file, field: fallbackField, stores: fallbacks, access: 'read', signal })
  if (options.check) return tryStores()
  warnAboutIgnoredKeys(config.ignored)

  const proxy = createProxy({ router: config.router, logger })
  const dataPlane = createDataPlane({
    ...sources,
    group: config.group,
    local: fsStorage({ path: join(data, 'snapshots') }),
    sink: proxy,
    logger,
  })
  let lastReload: ReloadReport = { count: 0 }
  const status = statusServer({ status: () => dataPlane.status(), reload: () => lastReload })

  try {
    await listenOrExplain(config.statusListen, ({ host, port }) => status.listen({ host, port }))
    await writeRunningFile(data, { pid: process.pid, status: localUrl(status) })

    const stopListening = options.onReload(() => {
      reloading = reloading.then(reload)
    })
    let reloading = Promise.resolve()
    await startOrExplain()
    // Only now: a refused connection sends a client or load balancer elsewhere, a 404 from an empty router does not.
    if (!signal.aborted)
      for (const address of config.httpListen) await listenOrExplain(address, (at) => proxy.listen(at))
    logger.info(summary(), 'serving')
    await untilAborted(signal)
    stopListening()
    await reloading
  } finally {
    await proxy.close()
    await dataPlane.stop()
    await status.close()
    await removeRunningFile(data)
  }

  // A node that has nothing at all, and a store that will never answer, is a mistake in the file, not an outage.
  async function startOrExplain(): Promise<void> {
    const started = dataPlane.start({ signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    if (!config.live) {
      const settled = await Promise.race([
        started.then(() => 'started' as const),
        tryStores().then(
          () => 'reachable' as const,
          (error: unknown) => error,
        ),
      ])
      if (settled instanceof Error && !isPassing(settled) && !dataPlane.status().ready) throw settled
    }
    return started
  }

  async function reload(): Promise<void> {
    const count = lastReload.count + 1
    try {
      const next = await read()
      const { fallbacks: _fallbacks, ...nextSources } = dataPlaneSources(next.file, next.config, logger)
      dataPlane.reconfigure(nextSources)
      logger.level = next.config.logLevel
      warnAboutIgnoredKeys(next.config.ignored)
      lastReload = { count, at: Date.now() }
      logger.info(summary(), 'configuration file read again')
    } catch (error) {
      const reason = errorText(error)
      lastReload = { count, at: Date.now(), error: reason }
      logger.error({ reason }, 'configuration file refused; nothing changed')
    }
  }

  function warnAboutIgnoredKeys(keys: readonly string[]): void {
    if (keys.length > 0) logger.warn({ keys }, 'these configuration keys have no effect here')
  }

  function summary(): object {
    const { mode, source, position } = dataPlane.status()
    return { mode, source, position }
  }
}

// Outages end by themselves; wrong keys and missing buckets do not.
function isPassing(error: Error): boolean {
  return StorageError.isInstance(error.cause) && error.cause.retryable
}

function localUrl(app: FastifyInstance): string {
  const address = app.server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}
