import type { ExporterStatus } from '@outlast/exporter'
import type { Clock, Logger } from '@outlast/snapshot'
import type { FastifyInstance } from 'fastify'

import type { AdminKey } from './admin-api/admin-key.ts'
import { createAdminApi } from './admin-api/create-admin-api.ts'
import { createEtcdApi, type EtcdApiOptions } from './etcd-api/create-etcd-api.ts'
import type { DataPlaneToken } from './etcd-api/group-access.ts'
import type { ConfigStore } from './store/config-store.ts'

export interface ControlPlaneOptions {
  /** Stays the caller's: close it after both apps. */
  readonly store: ConfigStore
  readonly adminKeys: readonly AdminKey[]
  /** Beside those that are generated when a gateway group is created through the Admin API. */
  readonly dataPlaneTokens: readonly DataPlaneToken[]
  readonly logger: Logger
  readonly clock?: Clock | undefined
  /** Gateway groups that the configuration file names: these cannot be deleted. */
  readonly configuredGroups?: readonly string[] | undefined
  /** How the exporter of each gateway group is doing, for `GET /status`. */
  readonly exporterStatus?: (() => Readonly<Record<string, ExporterStatus>>) | undefined
}

export interface ControlPlane {
  /** The Admin API and `GET /status`. */
  adminApp(): FastifyInstance
  /** The etcd v3 JSON API for data planes: plain HTTP, or TLS; once per listener. */
  etcdApp(options?: Pick<EtcdApiOptions, 'tls'>): FastifyInstance
}

/**
 * A control plane on a store. Each app is opened by the caller with `listen`, whose errors (a port in use) come through,
 * and ended with `close`: it lets answers in flight end and cuts watches. Making an app throws `TypeError` for empty keys
 * and tokens.
 */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { store, logger, clock, adminKeys, dataPlaneTokens, configuredGroups, exporterStatus } = options
  return {
    adminApp: () => createAdminApi({ store, keys: adminKeys, logger, clock, configuredGroups, exporterStatus }),
    etcdApp: ({ tls } = {}) => createEtcdApi({ store, tokens: dataPlaneTokens, logger, tls }),
  }
}
