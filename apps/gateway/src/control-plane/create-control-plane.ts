import type { ExporterStatus } from '@outlast/exporter'
import { systemClock, type Clock, type Logger, type SnapshotStore } from '@outlast/snapshot'
import type { FastifyInstance } from 'fastify'

import type { AdminKey } from './admin-api/admin-key.ts'
import { createAdminApi } from './admin-api/create-admin-api.ts'
import { dataPlaneRegistry, type DataPlaneRegistry } from './data-planes/data-plane-registry.ts'
import { createEtcdApi, type EtcdApiOptions } from './etcd-api/create-etcd-api.ts'
import { fullReadPace } from './etcd-api/full-read-pace.ts'
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
  /** Where a gateway group is backed up to, with its replicas: what is there says which keys of its keyring are needed. */
  readonly groupBackups?: ((group: string) => readonly SnapshotStore[]) | undefined
  /** How the exporter of each gateway group is doing, for `GET /status`. */
  readonly exporterStatus?: (() => Readonly<Record<string, ExporterStatus>>) | undefined
  /** Who reports to this control plane. Default: a list of its own, which ends with it. */
  readonly dataPlanes?: DataPlaneRegistry | undefined
}

export interface ControlPlane {
  /** The Admin API and `GET /status`; ready once every app that was made is listening. */
  adminApp(): FastifyInstance
  /** The etcd v3 JSON API for data planes: plain HTTP, or TLS; once per listener. They share their pace. */
  etcdApp(options?: Pick<EtcdApiOptions, 'tls'>): FastifyInstance
}

/**
 * A control plane on a store. Each app is opened by the caller with `listen`, whose errors (a port in use) come through,
 * and ended with `close`: it lets answers in flight end and cuts watches. Making an app throws `TypeError` for empty keys
 * and tokens.
 */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { store, logger, clock = systemClock, adminKeys, dataPlaneTokens, configuredGroups, exporterStatus } = options
  const { groupBackups, dataPlanes = dataPlaneRegistry({ clock }) } = options
  const pace = fullReadPace({ clock })
  const apps: FastifyInstance[] = []
  const made = (app: FastifyInstance): FastifyInstance => {
    apps.push(app)
    return app
  }
  return {
    adminApp: () =>
      made(
        createAdminApi({
          store,
          keys: adminKeys,
          logger,
          clock,
          configuredGroups,
          groupBackups,
          exporterStatus,
          dataPlanes: () => dataPlanes.list(),
          isListening: () => apps.every(({ server }) => server.listening),
        }),
      ),
    etcdApp: ({ tls } = {}) =>
      made(createEtcdApi({ store, tokens: dataPlaneTokens, logger, clock, dataPlanes, pace, tls })),
  }
}
