// Proves the adapter against a real Redis: node --test conformance.test.ts
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { storageConformance } from '@outlast/storage-testkit'
import { createClient, type RedisClientType } from 'redis'
import { redisStorage } from './redis-storage.ts'

const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'

function createRedis(redisUrl: string) {
  const client = createClient({ url: redisUrl, disableOfflineQueue: true }) as RedisClientType
  client.on('error', () => undefined)
  return client
}

const clients = [createRedis(url), createRedis(url)] as const
await Promise.all(clients.map((client) => client.connect()))
after(() => clients.forEach((client) => client.destroy()))

storageConformance({
  runner: { describe, it },
  create: () => redisStorage({ client: clients[0], namespace: randomUUID() }),
  pair() {
    const namespace = randomUUID()
    return {
      first: redisStorage({ client: clients[0], namespace }),
      second: redisStorage({ client: clients[1], namespace }),
    }
  },
  faults: {
    protocol: 'tcp',
    upstream: { host: new URL(url).hostname, port: Number(new URL(url).port || 6379) },
    open({ host, port, timeoutMs }) {
      const client = createRedis(`redis://${host}:${port}`)
      client.connect().catch(() => undefined)
      return { adapter: redisStorage({ client, timeoutMs }), dispose: () => client.destroy() }
    },
  },
})
