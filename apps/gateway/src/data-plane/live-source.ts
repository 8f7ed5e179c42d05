import { isDeepStrictEqual } from 'node:util'
import type { ConfigSource } from '@outlast/snapshot'
import { etcdOptions, type ControlPlaneLink } from '../config/control-plane-link.ts'
import { openEtcd } from '../open-etcd.ts'

/**
 * The control plane of a node. Its certificates are read whenever the configuration is loaded: what renews them need not
 * tell us, and while they cannot be read at all this source fails as in any other outage, and the node runs what else it
 * has. Throws `UserError` for an address that can never work.
 */
export function liveSource(link: ControlPlaneLink): ConfigSource {
  const { tls: _tls, ...unprotected } = link
  let options = etcdOptions(unprotected)
  let source = openEtcd(options, link.origin)
  let isRead = link.tls === undefined

  function current(): Required<ConfigSource> {
    const found = read()
    if (isDeepStrictEqual(found, options)) return source
    source = openEtcd(found, link.origin)
    options = found
    return source
  }

  function read(): typeof options {
    try {
      const found = etcdOptions(link)
      isRead = true
      return found
    } catch (error) {
      // What they were a moment ago may still be good.
      if (isRead) return options
      throw error
    }
  }

  return {
    name: source.name,
    load: async (call) => current().load(call),
    watch: (call) => source.watch(call),
  }
}

/** Whether both ask for the same. */
export function isSameLink(one: ControlPlaneLink | undefined, other: ControlPlaneLink | undefined): boolean {
  return isDeepStrictEqual(askedFor(one), askedFor(other))
}

function askedFor(link: ControlPlaneLink | undefined): object | undefined {
  return link && { ...link, tls: link.tls?.named }
}
