import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { systemClock } from '@outlast/snapshot'
import { pino } from 'pino'
import { readConfigFile, type ConfigFile } from '../config/config-file.ts'
import { controlPlaneConfig, type ControlPlaneConfig, type ControlPlaneFlags } from '../config/control-plane-config.ts'
import { listenOrExplain } from '../config/listen-address.ts'
import { warnOfIgnoredKeys } from '../config/unknown-keys.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { errorText } from '../error-text.ts'
import { warnOfShortKeys } from './admin-api/admin-key.ts'
import { backupPlan, checkBackups, storesOf } from './backups.ts'
import { createControlPlane } from './create-control-plane.ts'
import { credentialsFile, type GeneratedCredentials } from './credentials-file.ts'
import { dataPlaneRegistry } from './data-planes/data-plane-registry.ts'
import { keepDataPlanes } from './data-planes/kept-data-planes.ts'
import { ensureKeyrings } from './ensure-keyring.ts'
import { followGroups } from './follow-groups.ts'
import { registerGroup } from './gateway-groups.ts'
import { groupExporters } from './group-exporters.ts'
import { checkStore, openStore } from './store/open-store.ts'
import { sharedWatch } from './store/shared-watch.ts'

export interface RunControlPlaneOptions extends ControlPlaneFlags {
  readonly config: string
  /** Only read the file, try the stores, and return. */
  readonly check?: boolean | undefined
  readonly environment: NodeJS.ProcessEnv
  /** Aborted to stop. */
  readonly signal: AbortSignal
}

/** Runs a control plane until the signal: Admin API, API for data planes, exporters. Throws `UserError` when it cannot start. */
export async function runControlPlane(options: RunControlPlaneOptions): Promise<void> {
  const { signal, data, check: strict = false } = options
  const file = await readConfigFile(options.config, options.environment)
  const config = controlPlaneConfig(file, options)
  const logger = pino({ name: 'outlast-cp' })
  const plan = await backupPlan(file, config, logger)
  const backups = config.gatewayGroups.flatMap((group) => plan(group) ?? [])
  const certificates = await readCertificates(file, config)
  if (!strict) await prepareDataFolder(data)
  await checkBackups({ file, backups, data, strict, signal })
  if (strict) {
    await checkStore(config.store, { logger, signal })
    return
  }

  warnOfIgnoredKeys(config, logger)
  warnOfShortKeys(config.adminKeys ?? [], logger)
  if (backups.length === 0) logger.warn({}, 'no fallback_cp is configured: nothing is backed up')
  if (!config.dataPlaneListen && !config.dataPlaneTlsListen) {
    logger.warn({}, 'no data plane can connect: give dp_manager.https, or --dp-listen without TLS')
  }
  const credentialsPath = join(data, 'credentials.json')
  const credentials = await credentialsFile(credentialsPath, config.gatewayGroups)
  announce(config, credentials, credentialsPath)
  const store = sharedWatch(await openStore(config.store, { logger, signal }), { logger })
  const exporters = groupExporters({ store, plan, logger, signal })
  const dataPlanes = dataPlaneRegistry({ clock: systemClock })
  const controlPlane = createControlPlane({
    store,
    dataPlanes,
    adminKeys: config.adminKeys ?? credentials.adminKeys,
    dataPlaneTokens: config.dataPlaneTokens ?? credentials.dataPlaneTokens,
    logger,
    configuredGroups: config.gatewayGroups,
    groupBackups: (group) => storesOf(plan(group)),
    exporterStatus: () => exporters.status(),
  })
  const apps = [
    { app: controlPlane.adminApp(), listen: config.adminListen },
    ...(config.dataPlaneListen ? [{ app: controlPlane.etcdApp(), listen: config.dataPlaneListen }] : []),
    ...(config.dataPlaneTlsListen
      ? [{ app: controlPlane.etcdApp({ tls: certificates }), listen: config.dataPlaneTlsListen.listen }]
      : []),
  ]
  const served = new AbortController()
  const listKept = keepDataPlanes({
    registry: dataPlanes,
    path: join(data, 'data-planes.json'),
    clock: systemClock,
    logger,
    signal: served.signal,
  })
  try {
    for (const group of config.gatewayGroups) await registerGroup(store, group, systemClock)
    // Before anybody connects, where that is possible: data planes take a group without its keyring for another configuration.
    // A group whose backup does not answer gets its own later, from `followGroups`.
    await ensureKeyrings({ store, backup: (group) => plan(group)?.destination.store, logger, signal })
    for (const { app, listen } of apps) await listenOrExplain(listen, ({ host, port }) => app.listen({ host, port }))
    logger.info(
      { groups: config.gatewayGroups, backups: backups.map(({ destination }) => destination.store.name) },
      'serving',
    )
    await followGroups({ store, role: exporters, logger, clock: systemClock, signal })
  } finally {
    await Promise.all(apps.map(({ app }) => app.close()))
    await exporters.close()
    await store.close()
    served.abort()
    await listKept
  }
}

async function readCertificates(file: ConfigFile, config: ControlPlaneConfig) {
  const tls = config.dataPlaneTlsListen
  const read = async (path: string | undefined, field: string) => {
    if (path === undefined) return ''
    return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw file.fault(['dp_manager', 'https', field], `${path} cannot be read (${error.code})`)
    })
  }
  const [cert, key, ca] = await Promise.all([
    read(tls?.certFile, 'cert_file'),
    read(tls?.keyFile, 'key_file'),
    read(tls?.caFile, 'ca_file'),
  ])
  try {
    if (tls) createSecureContext({ cert, key, ca })
  } catch (error) {
    throw file.fault(['dp_manager', 'https'], `certificate, key and CA do not make a TLS server: ${errorText(error)}`)
  }
  return { cert, key, ca }
}

// Generated secrets are shown once, to a person at a terminal. Where output is collected, they would end up in a log.
function announce(config: ControlPlaneConfig, { fresh, ...credentials }: GeneratedCredentials, path: string): void {
  const keys = config.adminKeys || !fresh.adminKey ? [] : credentials.adminKeys
  const tokens = config.dataPlaneTokens
    ? []
    : credentials.dataPlaneTokens.filter(({ group }) => fresh.groups.includes(group))
  if (keys.length + tokens.length === 0) return
  const lines = process.stderr.isTTY
    ? [
        ...keys.map(({ key }) => `generated Admin API key: ${key}`),
        ...tokens.map(({ group, token }) => `generated data plane token of group ${group}: ${token}`),
      ]
    : [`generated keys and tokens: see ${path}`]
  process.stderr.write(`${lines.join('\n')}\n`)
}
