import type { Entry } from '@outlast/snapshot'
import { ownerOf, sensitiveFields } from '@outlast/snapshot/apisix'

import { kindSpan } from '../group-keys.ts'
import { isJsonObject } from '../json-object.ts'
import { sha256 } from '../secret-list.ts'
import type { ConfigStore } from '../store/config-store.ts'
import { AdminError } from './admin-error.ts'
import { entryIndex } from './entry-index.ts'

/** What gateways find a consumer by, as APISIX 3.18 lists it (`apisix/consumer.lua`). */
const uniqueFields: ReadonlyMap<string, string> = new Map([
  ['key-auth', 'key'],
  ['basic-auth', 'username'],
  ['jwt-auth', 'key'],
  ['hmac-auth', 'key_id'],
  ['ldap-auth', 'user_dn'],
  ['ldap-auth-advanced', 'user_dn'],
])

/**
 * Throws the 400 that APISIX answers when another consumer or credential has a key of this one: which of them would a
 * request be? As there, references are not compared, nor is what another process writes at the same moment.
 */
export function requireUniqueKeys(store: ConfigStore): (group: string, entry: Entry) => Promise<void> {
  const find = entryIndex({
    store,
    spanOf: (group) => kindSpan(group, 'consumers'),
    namesOf: ({ value }) => uniqueKeysOf(value).map(({ name }) => name),
  })
  return async (group, entry) => {
    for (const { name, plugin, field } of uniqueKeysOf(entry.value)) {
      const other = (await find(group, name)).find(({ id }) => !isSame(entry.id, id))
      if (other !== undefined) {
        throw new AdminError(400, `duplicate ${field} of plugin ${plugin} found with ${described(other.id)}`)
      }
    }
  }
}

/** Keys are named by their digests. */
function uniqueKeysOf(
  value: Entry['value'],
): readonly { readonly plugin: string; readonly field: string; readonly name: string }[] {
  const plugins = isJsonObject(value) ? value['plugins'] : undefined
  return Object.entries(isJsonObject(plugins) ? plugins : {}).flatMap(([plugin, settings]) => {
    const field = uniqueFields.get(plugin)
    const key = field !== undefined && isJsonObject(settings) ? settings[field] : undefined
    if (field === undefined || typeof key !== 'string' || sensitiveFields.isReference?.(key) === true) {
      return []
    }
    return [{ plugin, field, name: `${plugin} ${sha256(key).toString('base64')}` }]
  })
}

/** A consumer may have what its own credentials have; a credential is only itself. */
function isSame(id: string, other: string): boolean {
  return id === other || id === ownerOf({ kind: 'consumers', id: other })
}

function described(id: string): string {
  const owner = ownerOf({ kind: 'consumers', id })
  return owner === undefined ? `consumer: ${id}` : `credential: ${id.split('/').at(-1)} of consumer: ${owner}`
}
