import { entryKey, isJsonArray, type Entry, type JsonValue } from '@outlast/snapshot'
import { resourceKinds } from '@outlast/snapshot/apisix'
import { isJsonObject } from '../../control-plane/json-object.ts'
import { UserError } from '../../user-error.ts'
import { notFine } from '../exit-codes.ts'
import type { AdminRequest } from './admin-request.ts'
import { comparableWithAdmin } from './admin-value.ts'

/** Collections that stand below each item of another one. */
const ownedCollections = [
  { kind: 'consumers', collection: 'credentials' },
  { kind: 'services', collection: 'graphql_cost_decorations' },
] as const

/** Everything that an Admin API lists, in the form of `comparableWithAdmin`; nothing of kinds that it does not serve. */
export async function loadFromAdmin(options: {
  readonly request: AdminRequest
  readonly wanted: readonly Entry[]
  readonly signal: AbortSignal
}): Promise<readonly Entry[]> {
  const { wanted } = options
  const found = new Map<string, Entry>()
  const add = (entries: readonly Entry[]): void => {
    for (const entry of entries) found.set(entryKey(entry), comparableWithAdmin(entry))
  }
  for (const kind of resourceKinds) add(await list(options, kind, ''))
  for (const { kind, collection } of ownedCollections) {
    // Newer than most servers, and one request for each service: only when there is something to compare.
    const isOfInterest = kind === 'consumers' || wanted.some((entry) => entry.kind === kind && entry.id.includes('/'))
    const owners = [...found.values()].filter((entry) => entry.kind === kind && !entry.id.includes('/'))
    for (const { id } of isOfInterest ? owners : []) add(await list(options, kind, `${id}/${collection}/`))
  }
  return [...found.values()]
}

async function list(
  { request, signal }: { readonly request: AdminRequest; readonly signal: AbortSignal },
  kind: string,
  below: string,
): Promise<readonly Entry[]> {
  const path = [kind, ...below.split('/').filter((segment) => segment !== '')].map(encodeURIComponent).join('/')
  const { status, body } = await request('GET', path, { signal })
  const message = body !== undefined && isJsonObject(body) ? body['error_msg'] : undefined
  // Ours says so; a stock APISIX has no groups.
  if (status === 404 && typeof message === 'string' && message.startsWith('gateway group ')) {
    throw new UserError(`--to: ${message}: create it first (PUT /apisix/admin/gateway_groups/<name>)`)
  }
  // Not served, or a collection that nothing was ever put into.
  if (status === 404 || status === 405) return []
  const items = body !== undefined && isJsonObject(body) ? body['list'] : undefined
  // An empty list is an empty object for some versions of APISIX's own JSON writer.
  if (status === 200 && items !== undefined && isJsonObject(items) && Object.keys(items).length === 0) return []
  if (status !== 200 || !isJsonArray(items)) {
    throw new UserError(`--to: the list of ${kind} has an answer (${status}) that is none of an Admin API`, {
      exitCode: notFine,
    })
  }
  return items.flatMap((item) => {
    const id = idOf(item, kind, below)
    const value = isJsonObject(item) ? item['value'] : undefined
    return id === undefined || value === undefined ? [] : [{ kind, id, value }]
  })
}

/** `jack/credentials/key-1` of `/apisix/consumers/jack/credentials/key-1`. */
function idOf(item: JsonValue, kind: string, below: string): string | undefined {
  const key = isJsonObject(item) ? item['key'] : undefined
  if (typeof key !== 'string') return undefined
  const start = key.indexOf(`/${kind}/`)
  const id = start === -1 ? '' : key.slice(start + kind.length + 2)
  return id !== '' && id.startsWith(below) ? id : undefined
}
