import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createDataPlane, noteFile } from '@outlast/dataplane'
import { systemClock } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { fsStorage } from '@outlast/storage-fs'
import { pino } from 'pino'
import { buildId } from '../build-id.ts'
import type { NodeConfig } from '../config/data-plane-config.ts'
import { warnOfIgnoredKeys } from '../config/unknown-keys.ts'
import { listenOrExplain } from '../config/listen-address.ts'
import { prepareNodeFolder } from '../data-folder.ts'
import { errorText } from '../error-text.ts'
import { programVersion } from '../version.ts'
import { whenAborted } from '../when-aborted.ts'
import { checkSources, mistakeInAll } from './check-sources.ts'
import { dataPlaneSources, type OpenSources } from './data-plane-sources.ts'
import { heartbeatSender } from './heartbeat-sender.ts'
import { metricsServer } from './metrics-server.ts'
import { dataPlaneMetrics } from './data-plane-metrics.ts'
import { nodeHeartbeat } from './node-heartbeat.ts'
import { nodeId } from './node-id.ts'
import type { NodeRole } from './node-role.ts'
import { nodeReload, readNodeFile, summaryOf, type NodeFileOptions } from './node-reload.ts'
import { reloadQueue } from './reload-queue.ts'
import { keepRunningFile, removeRunningFile } from './running-file.ts'
import { startOrExplain } from './start-or-explain.ts'
import { statusServer, statusUrl, whyNotReady } from './status-server.ts'
import { surviveStrayRejections } from './survive-stray-rejections.ts'

export interface RunNodeOptions extends NodeFileOptions {
  /** Folder of everything that this node keeps on disk. */
  readonly data: string
  /** Only read the file, try the stores, and return. */
  readonly check?: boolean | undefined
  /** Aborted to stop. */
  readonly signal: AbortSignal
  /** Is handed what to call when the configuration file is to be read again. */
  readonly onReload: (reload: () => void) => void
}

/** Runs an importer, its outlet and its status port until the signal. Throws `UserError` when it cannot start. */
export async function runNode<Config extends NodeConfig>(
  role: NodeRole<Config>,
  options: RunNodeOptions,
): Promise<void> {
  const { signal, data } = options
  const reloads = reloadQueue()
  options.onReload(() => reloads.request())

  const { file, config } = await readNodeFile(role, options)
  const logger = pino({ name: role.name, level: config.logLevel })
  const sources = await dataPlaneSources(file, config, logger)
  if (options.check) {
    await role.openOutlet(config, logger).close()
    return checkSources(sources, signal)
  }
  using _ = surviveStrayRejections(logger)
  const readOnly = await prepareNodeFolder(data)
  if (readOnly !== undefined) logger.warn({ reason: readOnly }, 'this node can keep nothing on its disk')
  warnOfIgnoredKeys(config, logger)

  const instance = randomUUID()
  const token = randomBytes(24).toString('base64url')
  const local = fsStorage({ path: join(data, 'snapshots') })
  const outlet = role.openOutlet(config, logger)
  const dataPlane = createDataPlane({
    live: sources.live,
    stores: sources.stores,
    group: config.group,
    local,
    localSealingKeys: sources.sealingKeys,
    fields: fieldProtection({ group: config.group }),
    sink: outlet.sink,
    orders: noteFile(join(data, 'orders.json'), { flush: true }),
    poison: { note: noteFile(join(data, 'poison.json')), build: buildId() },
    floors: noteFile(join(data, 'floors.json'), { flush: true }),
    bootTimeoutMs: config.bootTimeoutMs,
    pollIntervalMs: config.pollIntervalMs,
    ...config.pace,
    logger,
  })
  const readMetrics = () => [
    ...dataPlaneMetrics(dataPlane.status(), { hostname: hostname(), now: Date.now() }),
    ...(outlet.metrics?.() ?? []),
  ]
  const metrics = config.metrics && metricsServer(readMetrics, config.metrics.path)
  const status = statusServer({
    status: () => dataPlane.status(),
    whyNotReady: (importer) => (outlet.whyNotReady ? outlet.whyNotReady(importer) : whyNotReady(importer)),
    detail: () => ({ ...outlet.detail?.(), reload: reloads.report(), instance }),
    metrics: readMetrics,
    control: dataPlane.control,
    token,
  })
  const node = { id: nodeId(data), hostname: hostname(), version: programVersion(), startedAt: Date.now() }
  const heartbeats = heartbeatSender({
    heartbeat: async () => nodeHeartbeat(dataPlane.status(), { ...node, id: await node.id }),
    clock: systemClock,
    random: Math.random,
    logger,
  })

  try {
    await listenOrExplain(config.statusListen, ({ host, port }) => status.listen({ host, port }))
    const running = { pid: process.pid, status: statusUrl(status), instance, token }
    await keepRunningFile(data, running, { logger, signal })
    await serveMetrics()
    heartbeats.reportTo(sources.link)
    const onSwitch = ({ link }: OpenSources): void => heartbeats.reportTo(link)
    reloads.open(nodeReload({ role, options, dataPlane, outlet, logger, started: { config, sources }, onSwitch }))
    await startOrExplain({
      dataPlane,
      local,
      signal,
      mistake: async () => mistakeInAll(sources, signal),
      // Once the file was read again, what it said at first is no reason to give up.
      isCurrent: () => reloads.report().requested === 0,
    })
    if (signal.aborted) return
    logger.info(summaryOf(dataPlane), await outlet.open())
    await whenAborted(signal)
  } finally {
    await reloads.idle()
    heartbeats.stop()
    await outlet.close()
    await dataPlane.stop()
    await status.close()
    await metrics?.close()
    // One that cannot be removed is found out by its name: nobody answers to it.
    await removeRunningFile(data, instance).catch(() => {})
  }

  /** Who cannot be measured can still serve: with several nodes on one machine the port is taken, for example. */
  async function serveMetrics(): Promise<void> {
    if (config.metrics === undefined) return
    await listenOrExplain(config.metrics.listen, async ({ host, port }) => metrics?.listen({ host, port })).catch(
      (error: unknown) => {
        logger.warn({ reason: errorText(error) }, 'metrics are served on the status port alone')
      },
    )
  }
}
