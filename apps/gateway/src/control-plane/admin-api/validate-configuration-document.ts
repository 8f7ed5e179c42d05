import type { Entry, JsonValue } from '@outlast/snapshot'
import { ownerOf, resourceKinds } from '@outlast/snapshot/apisix'

import { idText, isJsonObject, type JsonObject } from '../json-object.ts'
import { AdminError } from './admin-error.ts'
import { adminKinds, type AdminKind } from './admin-kinds.ts'
import { identify } from './identify.ts'

/** What is wrong with one item of a document, or with a whole part of it (no `index`). */
export interface ItemVerdict {
  readonly resource_type: string
  readonly resource_id?: string
  /** From 0. */
  readonly index?: number
  readonly error: string
}

const versionSuffix = '_conf_version'

/**
 * Looks at a whole configuration, lists by kind, as `POST /configs/validate` gets it: each item by itself, ids that occur
 * twice, and kinds that nobody knows. References are not looked up: what they mean may come with the same document.
 */
export function validateConfigurationDocument(
  document: JsonObject,
  check: (kind: AdminKind, entry: Entry) => void,
): readonly ItemVerdict[] {
  return Object.entries(document).flatMap(([name, part]): readonly ItemVerdict[] => {
    if (name.endsWith(versionSuffix)) {
      return typeof part === 'number'
        ? []
        : [{ resource_type: name.slice(0, -versionSuffix.length), error: `${name} must be a number` }]
    }
    if (!resourceKinds.some((kind) => kind === name)) {
      return [{ resource_type: name, error: `unknown resource type: ${name}` }]
    }
    return Array.isArray(part)
      ? verdictsOn(name, [...part], check)
      : [{ resource_type: name, error: `${name} must be a list` }]
  })
}

function verdictsOn(
  name: string,
  items: readonly JsonValue[],
  check: (kind: AdminKind, entry: Entry) => void,
): readonly ItemVerdict[] {
  const ids = new Set<string>()
  return items.flatMap((item, index) => {
    const id = isJsonObject(item) ? nameOf(name, item) : undefined
    const place = { resource_type: name, resource_id: id ?? '', index }
    const verdicts: ItemVerdict[] = []
    const reason = reasonAgainst(name, { item, id }, check)
    if (reason !== undefined) {
      verdicts.push({ ...place, error: reason })
    }
    if (id !== undefined && ids.has(id)) {
      verdicts.push({ ...place, error: `found duplicate ${whatNames(name, id)} ${id} in ${name}` })
    }
    if (id !== undefined) {
      ids.add(id)
    }
    return verdicts
  })
}

function nameOf(name: string, item: JsonObject): string | undefined {
  const id = idText(item['id'])
  return name === 'consumers' && !isCredential(id) ? idText(item['username']) : id
}

function whatNames(name: string, id: string): string {
  return name === 'consumers' ? (isCredential(id) ? 'credential id' : 'username') : 'id'
}

function isCredential(id = ''): boolean {
  return ownerOf({ kind: 'consumers', id }) !== undefined
}

function reasonAgainst(
  name: string,
  { item, id = '' }: { readonly item: JsonValue; readonly id: string | undefined },
  check: (kind: AdminKind, entry: Entry) => void,
): string | undefined {
  const isOwned = ownerOf({ kind: name, id }) !== undefined
  const kind = adminKinds.find((candidate) => (isOwned ? candidate.ownerKind : candidate.name) === name)
  // `plugins` is a list that the gateways themselves make.
  if (kind === undefined) {
    return undefined
  }
  try {
    if (isJsonObject(item) && id !== '' && !isOwned) {
      identify(kind, kind.identity === 'plugin' ? id : undefined, item)
    }
    // In a document the whole id says what an item belongs to; stored, it has only its own part.
    const value = isOwned && isJsonObject(item) ? { ...item, id: id.split('/').at(-1) ?? '' } : item
    check(kind, { kind: kind.storedAs, id, value })
    return undefined
  } catch (error) {
    if (error instanceof AdminError) {
      return error.message
    }
    throw error
  }
}
