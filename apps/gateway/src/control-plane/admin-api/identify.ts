import { secretManagers } from '@outlast/snapshot/apisix'

import { idText, type JsonObject } from '../json-object.ts'
import { AdminError } from './admin-error.ts'
import type { AdminKind } from './admin-kinds.ts'

const idPattern = /^[a-zA-Z0-9._-]{1,64}$/
const usernamePattern = /^[a-zA-Z0-9_-]{1,256}$/
const idRule = 'property "id" must be 1 to 64 letters, digits, dots, dashes or underscores'

/**
 * The id that a write is about: from the path, or else from the value; both must agree. It is one segment of a key, that
 * of a secret two. Throws the 400 that APISIX answers.
 */
export function identify(kind: AdminKind, pathId: string | undefined, value: JsonObject): string {
  switch (kind.identity) {
    case 'id':
      return requireId(kind, pathId, value)
    case 'manager':
      return requireSecretId(kind, pathId, value)
    case 'username':
      return requireUsername(pathId, value)
    default:
      return requirePluginName(pathId)
  }
}

function requireId(kind: AdminKind, pathId: string | undefined, value: JsonObject): string {
  const id = agreedId(kind, pathId, value)
  if (!idPattern.test(id)) {
    throw invalid(idRule)
  }
  return id
}

function requireSecretId(kind: AdminKind, pathId: string | undefined, value: JsonObject): string {
  const id = agreedId(kind, pathId, value)
  const [manager = '', own = '', ...rest] = id.split('/')
  if (!secretManagers.has(manager)) {
    throw new AdminError(400, `invalid secret manager: ${manager}`)
  }
  if (!idPattern.test(own) || rest.length > 0) {
    throw invalid(idRule)
  }
  return id
}

function agreedId(kind: AdminKind, pathId: string | undefined, value: JsonObject): string {
  const given = idText(value['id'])
  if (value['id'] !== undefined && given === undefined) {
    throw invalid(idRule)
  }
  const id = pathId ?? given
  if (id === undefined) {
    throw new AdminError(400, `missing ${kind.singular} id`)
  }
  if (given !== undefined && given !== id) {
    throw new AdminError(400, `wrong ${kind.singular} id`)
  }
  return id
}

function requireUsername(pathId: string | undefined, { username }: JsonObject): string {
  if (typeof username !== 'string') {
    throw invalid('property "username" is required')
  }
  if (pathId !== undefined && pathId !== username) {
    throw new AdminError(400, 'wrong username')
  }
  if (!usernamePattern.test(username)) {
    throw invalid('property "username" must be 1 to 256 letters, digits, dashes and underscores')
  }
  return username
}

function requirePluginName(pathId: string | undefined): string {
  if (pathId === undefined) {
    throw new AdminError(400, 'missing plugin name')
  }
  if (!idPattern.test(pathId)) {
    throw new AdminError(400, 'invalid plugin name')
  }
  return pathId
}

export function invalid(reason: string): AdminError {
  return new AdminError(400, `invalid configuration: ${reason}`)
}
