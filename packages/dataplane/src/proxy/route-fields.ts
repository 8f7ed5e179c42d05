import type { JsonValue } from '@outlast/snapshot'

/** A route or service as the Admin API takes it. */
export interface RouteFields {
  readonly [field: string]: JsonValue | undefined
}

/** Why a route takes no request although nothing is wrong with it, or `undefined`. */
export function quarantineReason(route: RouteFields): string | undefined {
  return route['filter_func'] === undefined ? undefined : 'filter_func is Lua and cannot run here'
}

/** Hosts of a route or service, in lower case. */
export function hostsOf(fields: RouteFields): readonly string[] | undefined {
  const hosts = textsOf(fields, 'host', 'hosts')
  return hosts === undefined || hosts.length === 0 ? undefined : hosts.map((host) => host.toLowerCase())
}

/** References are texts or numbers in APISIX. */
export function identifier(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** A list that APISIX also takes as one text under another name. Throws a `TypeError` for anything but texts. */
export function textsOf(fields: RouteFields, one: string, many: string): readonly string[] | undefined {
  const value = fields[many] ?? fields[one]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || !isTexts(value)) throw new TypeError(`${many} must be texts`)
  return value
}

function isTexts(values: readonly JsonValue[]): values is readonly string[] {
  return values.every((value) => typeof value === 'string')
}
