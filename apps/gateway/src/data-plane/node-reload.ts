import { isDeepStrictEqual } from 'node:util'
import type { DataPlane } from '@outlast/dataplane'
import type { pino } from 'pino'
import { readConfigFile, type ConfigFile } from '../config/config-file.ts'
import type { NodeConfig } from '../config/data-plane-config.ts'
import { warnOfIgnoredKeys } from '../config/unknown-keys.ts'
import { errorText } from '../error-text.ts'
import { dataPlaneSources, type OpenSources } from './data-plane-sources.ts'
import { isSameLink } from './live-source.ts'
import type { NodeOutlet, NodeRole } from './node-role.ts'

export interface NodeFileOptions {
  /** Path of the configuration file. */
  readonly config: string
  readonly environment: NodeJS.ProcessEnv
}

/** Reads the file of a node. Throws `UserError`. */
export async function readNodeFile<Config extends NodeConfig>(
  role: NodeRole<Config>,
  { config: path, environment }: NodeFileOptions,
): Promise<{ readonly file: ConfigFile; readonly config: Config }> {
  const file = await readConfigFile(path, environment)
  return { file, config: role.readConfig(file) }
}

/**
 * Makes what takes up the file as it is by then: everything in it is checked before anything is switched. That rejects when
 * the file is refused, and nothing has changed then; what is the same as before goes on without a break.
 */
export function nodeReload<Config extends NodeConfig>(node: {
  readonly role: NodeRole<Config>
  readonly options: NodeFileOptions
  readonly dataPlane: DataPlane
  readonly outlet: NodeOutlet<Config>
  readonly logger: pino.Logger
  /** What the node was started with. */
  readonly started: { readonly config: Config; readonly sources: OpenSources }
  /** Told of sources that have just taken effect. */
  readonly onSwitch: (sources: OpenSources) => void
}): () => Promise<void> {
  const { role, options, dataPlane, outlet, logger, started, onSwitch } = node
  let { sources } = started

  async function reload(): Promise<void> {
    const { file, config } = await readNodeFile(role, options)
    const next = await dataPlaneSources(file, config, logger, sources)
    // A mistake now; later, when they cannot be read any more, it is an outage.
    if (!isSameLink(next.link, sources.link)) next.link?.tls?.read()
    const switchOutlet = outlet.prepare?.(config)
    dataPlane.reconfigure({ ...next, ...config.pace })
    switchOutlet?.()
    sources = next
    onSwitch(next)
    logger.level = config.logLevel
    warnOfIgnoredKeys(config, logger)
    warnOfFixed(config)
  }

  function warnOfFixed(config: Config): void {
    const before = fixedAtStart(role, started.config)
    const changed = Object.entries(fixedAtStart(role, config)).filter(
      ([key, value]) => !isDeepStrictEqual(value, before[key]),
    )
    if (changed.length > 0)
      logger.warn({ keys: changed.map(([key]) => key) }, 'these configuration keys take effect at the next start')
    if (!isDeepStrictEqual(keyIds(sources), keyIds(started.sources)))
      logger.warn({}, "sealing_key_file takes effect for the node's own copies at the next start")
  }

  return async () => {
    try {
      await reload()
      logger.info(summaryOf(dataPlane), 'configuration file read again')
    } catch (error) {
      logger.error({ reason: errorText(error) }, 'configuration file refused; nothing changed')
      throw error
    }
  }
}

/** What the log says of a node. */
export function summaryOf(dataPlane: DataPlane): object {
  const { mode, source, position } = dataPlane.status()
  return { mode, source, position }
}

function fixedAtStart<Config extends NodeConfig>(
  role: NodeRole<Config>,
  config: Config,
): Readonly<Record<string, unknown>> {
  return {
    ...role.fixedAtStart?.(config),
    'apisix.status': config.statusListen,
    plugin_attr: config.metrics,
    'deployment.role_data_plane.boot_timeout': config.bootTimeoutMs,
    'deployment.fallback_cp.interval': config.pollIntervalMs,
  }
}

function keyIds({ sealingKeys }: OpenSources): readonly string[] {
  return sealingKeys.map(({ keyId }) => keyId)
}
