// The proxy as a process of its own, from what the packages publish: port, upstream's address, number of routes.
import { createProxy } from '@outlast/dataplane/proxy'

const [port, upstream, routes] = process.argv.slice(2)
const proxy = createProxy()
const nodes = { [upstream ?? '']: 1 }
const upserted = Array.from({ length: Number(routes) }, (_, at) => ({
  kind: 'routes',
  id: String(at),
  value: { uri: `/tenants/${at % 61}/orders-${at}/*`, upstream: { type: 'roundrobin', nodes } },
}))
await proxy.apply({ upserted, removed: [], version: { position: { epoch: 1, revision: 1 }, digest: '' } })
await proxy.listen({ host: '127.0.0.1', port: Number(port) })
process.on('SIGTERM', () => process.exit())
