import { createHash } from 'node:crypto'
import type { Entry } from '@outlast/snapshot'

/** A route of about 600 bytes, as a real gateway has them: much is alike, names and addresses are not. Always the same for the same numbers. */
export function sampleRoute(index: number, version = 0): Entry {
  // As it would come over the network.
  const parsed: Entry = JSON.parse(JSON.stringify(compose(index, version)))
  return parsed
}

function compose(index: number, version: number): Entry {
  const noise = createHash('sha256').update(`${index}/${version}`).digest('hex')
  const service = `service-${index % 997}`
  return {
    kind: 'routes',
    id: String(100_000_000 + index),
    value: {
      name: `${service}-${noise.slice(0, 8)}`,
      desc: `Traffic of ${service} for tenant ${index % 61}, version ${version}`,
      uris: [`/tenants/${index % 61}/${service}/${index}`, `/tenants/${index % 61}/${service}/${index}/*`],
      methods: ['GET', 'POST', 'PUT', 'DELETE'],
      host: `${service}.tenant-${index % 61}.example.com`,
      priority: index % 10,
      status: 1,
      labels: { tenant: `tenant-${index % 61}`, owner: `team-${index % 23}` },
      plugins: {
        'limit-count': { count: 100 + (index % 50), time_window: 60, rejected_code: 429, key: 'remote_addr' },
        'proxy-rewrite': { headers: { set: { 'X-Request-Key': `${service}-${noise.slice(8, 12)}` } } },
      },
      upstream: {
        type: 'roundrobin',
        nodes: { [`10.${index % 250}.${(index >> 8) % 250}.7:8080`]: 1, [`10.${index % 250}.9.8:8080`]: 1 },
      },
      create_time: 1_700_000_000 + index,
      update_time: 1_700_000_000 + index + version,
    },
  }
}
