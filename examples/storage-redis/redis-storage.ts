// A storage adapter on Redis. Keys live in one sorted set, so that they can be listed in order.
import { createHash } from 'node:crypto'
import { compareKeys, defineStorage, StorageError, type StorageAdapter } from '@outlast/storage'
import { RESP_TYPES, type RedisClientType } from 'redis'

export interface RedisStorageOptions {
  /** Connected, with `disableOfflineQueue` so that an outage is an error at once. */
  readonly client: RedisClientType
  /** Apart from everything else in the database. Default `outlast`. */
  readonly namespace?: string
  /** Deadline of every call, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
}

/** Objects of up to 512 MB, as durable as the server's persistence settings. */
export function redisStorage({ client, namespace = 'outlast', timeoutMs }: RedisStorageOptions): StorageAdapter {
  const index = `${namespace}:keys`
  const at = (key: string) => `${namespace}:object:${key}`
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })

  return defineStorage(
    {
      name: `redis:${namespace}`,
      capabilities: { createOnly: true },
      async get(key, { maximumBytes }) {
        // Looked at first, because the client knows no bound: what is too large stays where it is.
        const length = await client.strLen(at(key))
        if (length > maximumBytes)
          throw new StorageError({ code: 'too-large', message: `"${key}" has ${length} bytes` })
        const bytes = await binary.get(at(key))
        return bytes === null ? undefined : { bytes, etag: etagOf(bytes) }
      },
      async put(key, bytes, { ifAbsent }) {
        // One transaction: an object is never without its place in the index. Indexing an existing key changes nothing.
        const [written] = await client
          .multi()
          .set(at(key), Buffer.from(bytes), ifAbsent ? { condition: 'NX' } : {})
          .zAdd(index, { score: 0, value: key })
          .exec()
        if (written === null) throw new StorageError({ code: 'already-exists', message: `"${key}" exists` })
        return etagOf(bytes)
      },
      async *list(prefix, { after }) {
        const pageSize = 500
        let from =
          after !== undefined && compareKeys(after, prefix) > 0 ? `(${after}` : prefix === '' ? '-' : `[${prefix}`
        while (true) {
          const keys = await client.zRange(index, from, '+', { BY: 'LEX', LIMIT: { offset: 0, count: pageSize } })
          for (const key of keys) {
            if (!key.startsWith(prefix)) return
            yield key
          }
          if (keys.length < pageSize) return
          from = `(${keys.at(-1)}`
        }
      },
      async delete(key) {
        await client.multi().del(at(key)).zRem(index, key).exec()
      },
      mapError(error) {
        const text = error instanceof Error ? `${error.name} ${error.message}` : ''
        if (/NOAUTH|WRONGPASS|NOPERM/.test(text)) return 'denied'
        if (/OOM|MISCONF/.test(text)) return 'no-space'
        if (/Socket|Connection|closed|offline|LOADING|READONLY|MASTERDOWN|ECONN|ENOTFOUND|EAI_AGAIN/i.test(text))
          return 'unavailable'
        return undefined
      },
    },
    { timeoutMs },
  )
}

function etagOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url')
}
