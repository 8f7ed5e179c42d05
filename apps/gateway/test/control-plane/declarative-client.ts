/**
 * The calls that ADC's `apisix` backend makes, in its order and with its headers, as its source has them. It is a
 * re-enactment for tests, and not that client: no line of it is here.
 */
export interface DeclarativeClient {
  /** The server's version, from the header that it looks at. */
  ping(): Promise<string>
  /** Everything by kind, with the credentials inside their consumers. */
  dump(): Promise<Readonly<Record<string, readonly DumpedItem[]>>>
  validate(configuration: object): Promise<{ readonly status: number; readonly body: unknown }>
  /** Phase by phase, ten requests at a time, each tried up to four times. Rejects with the first that fails. */
  sync(phases: readonly (readonly SyncStep[])[]): Promise<void>
  /** The highest number of requests that were under way at a time. */
  readonly mostInParallel: () => number
}

interface DumpedItem {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

/** A path below the Admin API; without a value it is deleted. */
export interface SyncStep {
  readonly path: string
  readonly value?: object
}

const dumped = [
  'services',
  'routes',
  'upstreams',
  'ssls',
  'consumers',
  'plugin_configs',
  'global_rules',
  'plugin_metadata',
  'stream_routes',
] as const
const parallel = 10

export function declarativeClient(endpoint: string, key: string): DeclarativeClient {
  let underWay = 0
  let most = 0
  const request = async (method: string, path: string, body?: object): Promise<Response> => {
    underWay += 1
    most = Math.max(most, underWay)
    try {
      return await fetch(`${endpoint}/apisix/admin/${path}`, {
        method,
        headers: { 'X-API-KEY': key, 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
    } finally {
      underWay -= 1
    }
  }
  const list = async (path: string): Promise<readonly DumpedItem[]> => {
    const response = await request('GET', path)
    if (response.status >= 400) return []
    const { list: items }: { readonly list: readonly DumpedItem[] } = JSON.parse(await response.text())
    return items
  }
  const step = async ({ path, value }: SyncStep): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      const response = await (value === undefined ? request('DELETE', path) : request('PUT', path, value))
      const text = await response.text()
      if (response.status < 400) return
      if (attempt === 3 || response.status < 500) throw new Error(`${path}: ${String(response.status)} ${text}`)
    }
  }
  return {
    mostInParallel: () => most,
    async ping() {
      const response = await request('GET', 'routes')
      if (!response.ok) throw new Error(`no answer: ${String(response.status)}`)
      return /^APISIX\/(.+)$/.exec(response.headers.get('server') ?? '')?.[1] ?? ''
    },
    async dump() {
      const kinds = await Promise.all(dumped.map(async (kind) => [kind, await list(kind)] as const))
      const found = Object.fromEntries(kinds)
      const consumers = await Promise.all(
        (found['consumers'] ?? []).map(async ({ key: itemKey, value }) => ({
          key: itemKey,
          value: { ...value, credentials: await list(`consumers/${String(value['username'])}/credentials`) },
        })),
      )
      return { ...found, consumers }
    },
    async validate(configuration) {
      const response = await request('POST', 'configs/validate', configuration)
      const body: unknown = JSON.parse(await response.text())
      return { status: response.status, body }
    },
    async sync(phases) {
      for (const phase of phases) {
        const waiting = [...phase]
        const worker = async (): Promise<void> => {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await step(next)
        }
        await Promise.all(Array.from({ length: parallel }, worker))
      }
    },
  }
}
