import type { Entry, JsonValue } from '@outlast/snapshot'
import { validateEntry } from '@outlast/snapshot/apisix'
import { activators, isActiveKind } from './active-objects.ts'
import { isJsonObject } from './json-object.ts'
import { pluginGate } from './plugin-gate.ts'
import { quarantineReason } from './route-fields.ts'
import { compileRoute } from './route-table.ts'
import type { RouterName } from './router.ts'

/**
 * Why this proxy cannot use an entry: APISIX would refuse it, or it needs what this proxy does not have (Lua, service
 * discovery, other upstream protocols). Never quotes configuration, never throws.
 */
export function validateForProxy(entry: Entry, options: { readonly router: RouterName }): string | undefined {
  try {
    return validateEntry(entry) ?? withName(entry, troubleOf(entry, options))
  } catch (error) {
    return withName(entry, error instanceof TypeError ? error.message : 'cannot be read')
  }
}

function troubleOf(entry: Entry, options: { readonly router: RouterName }): string | undefined {
  const { kind, id, value } = entry
  if (!isActiveKind(kind)) return undefined
  if (!isJsonObject(value)) return 'must be an object'
  if (readsBody(value['vars'])) return 'vars on the request body are not supported'
  activators[kind](value, pluginGate)
  if (kind !== 'routes') return undefined
  // Throws when it cannot be matched.
  const route = compileRoute(options.router, id, value, 0)
  return quarantineReason(route.fields)
}

function readsBody(vars: JsonValue | undefined): boolean {
  if (typeof vars === 'string') return vars.startsWith('post_arg_')
  return Array.isArray(vars) && (vars as readonly JsonValue[]).some(readsBody)
}

function withName(entry: Entry, reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : `${entry.kind}/${entry.id}: ${reason}`
}
