import { secretList } from '../secret-list.ts'
import { AdminError } from './admin-error.ts'

/** `viewer` may only read. */
type AdminRole = 'admin' | 'viewer'

export interface AdminKey {
  /** Who holds it; for logs. */
  readonly name: string
  readonly key: string
  readonly role: AdminRole
}

/** What of a request can hold a key. */
export interface PresentedKey {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly query: URLSearchParams
}

/** Lets a request through, or throws the 401 that APISIX answers. A key comes as query `api_key`, header `X-API-KEY` or cookie `x_api_key`. */
export function adminKeyCheck(keys: readonly AdminKey[]): (request: PresentedKey) => AdminKey {
  for (const { name, key } of keys) {
    if (key === '') {
      throw new TypeError(`The admin key ${JSON.stringify(name)} is empty`)
    }
  }
  const find = secretList(keys.map((key) => ({ secret: key.key, owner: key })))
  return ({ method, headers, query }) => {
    const presented = query.get('api_key') ?? single(headers['x-api-key']) ?? cookie(single(headers['cookie']))
    if (presented === undefined || presented === '') {
      throw refused('missing apikey')
    }
    const owner = find(presented)
    if (owner === undefined) {
      throw refused('wrong apikey')
    }
    if (owner.role !== 'admin' && method !== 'GET') {
      throw refused('invalid method for role viewer')
    }
    return owner
  }
}

function refused(description: string): AdminError {
  return new AdminError(401, { error_msg: 'failed to check token', description })
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}

function cookie(header: string | undefined): string | undefined {
  return header?.match(/(?:^|;\s*)x_api_key=([^;]*)/)?.[1]
}
