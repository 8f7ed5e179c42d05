/** Writes to a real etcd, as APISIX would. */
export interface EtcdWriter {
  put(key: string, value: unknown): Promise<void>
  putRaw(key: string | Buffer, value: string | Buffer): Promise<void>
  delete(key: string): Promise<void>
  /** All writes in one transaction, so at one revision. Values of `undefined` delete. */
  transaction(writes: Readonly<Record<string, unknown>>): Promise<void>
  /** Forgets everything before the newest revision. */
  compact(): Promise<void>
  revision(): Promise<number>
  post(path: string, body: object): Promise<Record<string, unknown>>
}

export function etcdWriter(endpoint: string): EtcdWriter {
  const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64')

  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${endpoint}${path}`, { method: 'POST', body: JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${text}`)
    const answer: Record<string, unknown> = JSON.parse(text)
    return answer
  }
  const putRaw = async (key: string | Buffer, value: string | Buffer): Promise<void> => {
    await post('/v3/kv/put', { key: base64(key), value: base64(value) })
  }
  const revision = async (): Promise<number> => {
    const { header } = await post('/v3/kv/range', { key: base64('x') })
    return Number(new Map(Object.entries(header ?? {})).get('revision'))
  }

  return {
    post,
    putRaw,
    revision,
    put: async (key, value) => {
      await putRaw(key, JSON.stringify(value))
    },
    delete: async (key) => {
      await post('/v3/kv/deleterange', { key: base64(key) })
    },
    transaction: async (writes) => {
      const success = Object.entries(writes).map(([key, value]) =>
        value === undefined
          ? { request_delete_range: { key: base64(key) } }
          : { request_put: { key: base64(key), value: base64(JSON.stringify(value)) } },
      )
      await post('/v3/kv/txn', { success })
    },
    compact: async () => {
      await post('/v3/kv/compaction', { revision: String(await revision()), physical: true })
    },
  }
}
