import { systemClock } from '@outlast/snapshot'
import { AdminEndpoint } from './admin-endpoint.ts'
import { standaloneAdminApi, type AdminTls } from './standalone-admin-api.ts'
import type { ApisixSink } from './apisix-sink.ts'
import { createApisixSink, type CommonSinkOptions } from './create-apisix-sink.ts'

export interface ApisixAdminSinkOptions extends CommonSinkOptions {
  /** Addresses of the Admin APIs, such as `http://127.0.0.1:9180`: each of these nodes gets every configuration. */
  readonly endpoints: readonly string[]
  /** An admin key of all of them. Not told in any error. */
  readonly adminKey: string
  readonly tls?: AdminTls | undefined
  /** How long one request may take. Default 10,000 ms. */
  readonly timeoutMs?: number | undefined
}

/**
 * Drives stock APISIX nodes in API-driven standalone mode (`role: traditional`, `config_provider: yaml`) through
 * `PUT /apisix/admin/configs`. They keep nothing over a restart, so that each is looked at regularly and given its
 * configuration again. Every node is on its own: one that does not answer does not keep the others waiting.
 *
 * Such a node takes all or nothing. What it does not take is found out and left out, or stays as the node last took it.
 *
 * Throws `TypeError` for what cannot be an endpoint or a key.
 */
export function apisixAdminSink(options: ApisixAdminSinkOptions): ApisixSink {
  const { endpoints, adminKey, tls, timeoutMs = 10_000, ...common } = options
  if (endpoints.length === 0) throw new TypeError('apisixAdminSink needs at least one endpoint')
  const { clock = systemClock } = common
  const targets = endpoints.map(
    (endpoint) => new AdminEndpoint(standaloneAdminApi({ endpoint, adminKey, tls, timeoutMs, clock }), clock),
  )
  return createApisixSink(targets, common)
}
