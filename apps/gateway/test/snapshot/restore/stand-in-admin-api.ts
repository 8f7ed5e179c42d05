import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { resourceKinds } from '@outlast/snapshot/apisix'
import { freePort } from '@outlast/test-servers'

export interface StandInAdminApi {
  readonly url: string
  /** `PUT routes/1`, in the order in which they came. */
  readonly writes: readonly string[]
  readonly items: Map<string, Record<string, unknown>>
  /** Entries whose `PUT` is refused with this answer. */
  readonly refusals: Map<string, { readonly status: number; readonly body: object }>
  stop(): Promise<void>
}

/**
 * As much of APISIX's Admin API as a restoration needs, for all kinds: times are refused and set, private keys are never
 * given back, credentials have a list of their own, an upstream gets a default, and what refers to nothing is refused.
 */
export async function startStandInAdminApi(): Promise<StandInAdminApi> {
  const items = new Map<string, Record<string, unknown>>()
  const refusals: StandInAdminApi['refusals'] = new Map()
  const writes: string[] = []
  const isUnknown = (name: string, value: unknown): boolean =>
    typeof value === 'string' && !items.has(`${name}/${value}`)

  const put = (path: string, value: Record<string, unknown>): { status: number; body: object } => {
    const refusal = refusals.get(path)
    if (refusal) return refusal
    if ('create_time' in value) return { status: 400, body: { error_msg: 'the property is forbidden: create_time' } }
    const [kind = '', id = '', collection] = path.split('/')
    if (
      isUnknown('upstreams', value['upstream_id']) ||
      isUnknown('services', value['service_id']) ||
      isUnknown('plugin_configs', value['plugin_config_id']) ||
      isUnknown('consumer_groups', value['group_id']) ||
      (collection === 'credentials' && !items.has(`${kind}/${id}`))
    ) {
      return { status: 400, body: { error_msg: 'refers to nothing' } }
    }
    const defaults = kind === 'upstreams' ? { scheme: 'http' } : {}
    const isNew = !items.has(path)
    items.set(path, { ...defaults, ...value, id: path.slice(kind.length + 1), create_time: 1, update_time: 2 })
    return { status: isNew ? 201 : 200, body: {} }
  }

  const get = (path: string): { status: number; body: object } => {
    const [kind = ''] = path.split('/')
    if (!resourceKinds.some((name) => name === kind)) return { status: 404, body: {} }
    const depth = path.split('/').length + (kind === 'secrets' ? 2 : 1)
    const list = [...items]
      .filter(([name]) => name.startsWith(`${path}/`) && name.split('/').length === depth)
      .map(([name, { key: _key, ...value }]) => ({
        key: `/apisix/${name}`,
        value: kind === 'ssls' ? value : items.get(name),
      }))
    return { status: 200, body: { total: list.length, list: list.length === 0 ? {} : list } }
  }

  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = (request.url ?? '').replace('/apisix/admin/', '')
      const { method = '' } = request
      if (method !== 'GET') writes.push(`${method} ${path}`)
      if (method === 'DELETE') items.delete(path)
      const isAllowed = request.headers['x-api-key'] === 'admin-key'
      const answer = !isAllowed
        ? { status: 401, body: {} }
        : method === 'PUT'
          ? put(path, JSON.parse(body))
          : method === 'DELETE'
            ? { status: 200, body: {} }
            : get(path)
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer.body))
    })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${port}`,
    writes,
    items,
    refusals,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
