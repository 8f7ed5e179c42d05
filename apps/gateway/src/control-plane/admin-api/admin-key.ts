import type { Logger } from '@outlast/snapshot'

import { secretList } from '../secret-list.ts'
import { wrongSecretLimit } from '../wrong-secret-limit.ts'
import { AdminError } from './admin-error.ts'

/** `viewer` may only read. */
type AdminRole = 'admin' | 'viewer'

export interface AdminKey {
  /** Who holds it; for logs. */
  readonly name: string
  readonly key: string
  readonly role: AdminRole
}

/** What of a request can hold a key, and where it comes from. */
export interface PresentedKey {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly query: URLSearchParams
  readonly remoteAddress: string
}

/** Says which keys are short, at the start. */
export function warnOfShortKeys(keys: readonly AdminKey[], logger: Logger): void {
  const names = keys.filter(({ key }) => isShortKey(key)).map(({ name }) => name)
  if (names.length > 0) {
    logger.warn({ names }, 'admin keys of fewer than 16 characters can be found by trying: give longer, random ones')
  }
}

/** Whether somebody might find the key by trying, were it not for the limit of wrong ones. */
function isShortKey(key: string): boolean {
  return key.length < 16
}

/**
 * Finds whose key a request presents: query `api_key`, header `X-API-KEY` or cookie `x_api_key`. Throws the 401 that
 * APISIX answers, or 429 where too many wrong keys come from.
 *
 * There a right key still lets in, so that a stranger behind the same proxy locks nobody out. That tells whoever tries keys
 * which one is right, and so makes the limit worthless; it only does for keys that nobody finds by trying. A short one is
 * refused like a wrong one.
 */
export function adminKeyCheck(keys: readonly AdminKey[]): (request: PresentedKey) => Promise<AdminKey> {
  for (const { name, key } of keys) {
    if (key === '') {
      throw new TypeError(`The admin key ${JSON.stringify(name)} is empty`)
    }
  }
  const find = secretList(keys.map((key) => ({ secret: key.key, owner: key })))
  const limit = wrongSecretLimit()
  return async ({ headers, query, remoteAddress }) => {
    const presented = query.get('api_key') ?? single(headers['x-api-key']) ?? cookie(single(headers['cookie']))
    if (presented === undefined || presented === '') {
      throw refused('missing apikey')
    }
    const owner = find(presented)
    if (owner !== undefined && !isShortKey(owner.key)) {
      return owner
    }
    const seconds = await limit.secondsRefused(remoteAddress)
    if (seconds !== undefined) {
      throw new AdminError(429, { error_msg: 'too many wrong keys' }, { 'retry-after': String(seconds) })
    }
    if (owner === undefined) {
      await limit.note(remoteAddress, presented)
      throw refused('wrong apikey')
    }
    return owner
  }
}

/** Throws the 401 that APISIX answers to a viewer who wants to do more than look. */
export function requireRole(key: AdminKey, access: AdminRole): void {
  if (access === 'admin' && key.role !== 'admin') {
    throw refused('invalid method for role viewer')
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
