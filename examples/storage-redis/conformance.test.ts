// Proves the adapter against a real Redis: node --test conformance.test.ts
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { storageConformance } from '@outlast/storage-testkit'
import { createClient, type RedisClientType } from 'redis'
import { redisStorage } from './redis-storage.ts'

const client = createClient({ url: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379' }) as RedisClientType
client.on('error', () => undefined)
await client.connect()
after(() => client.destroy())

storageConformance({
  runner: { describe, it },
  create: () => redisStorage({ client, namespace: randomUUID() }),
})
