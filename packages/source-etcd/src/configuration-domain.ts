import type { Domain } from '@outlast/snapshot'
import { domainOf } from '@outlast/snapshot/apisix'

/**
 * APISIX's kinds without `data_plane`: the server-info plugin writes there once a minute, for each node,
 * what would make every backup look changed.
 */
export function configurationDomain(kind: string): Domain | undefined {
  return kind === 'data_plane' ? undefined : domainOf(kind)
}
