import { canonicalJson, type Entry, type JsonValue } from '@outlast/snapshot'
import {
  certificateIssueOf,
  findIssue,
  knownPlugins,
  pluginIssueOf,
  unknownFields,
  type Issue,
} from '@outlast/snapshot/apisix'

import { isJsonObject, type JsonObject } from '../json-object.ts'
import { AdminError } from './admin-error.ts'
import type { AdminKind } from './admin-kinds.ts'
import { invalid } from './identify.ts'

const timeFields = ['create_time', 'update_time']
const notForCredentials: ReadonlySet<string> = new Set(
  knownPlugins.filter(({ isAuthentication }) => isAuthentication !== true).map(({ name }) => name),
)

/** The server sets these. */
export function refuseTimes(value: JsonObject): void {
  const places = [
    { prefix: '', fields: value },
    { prefix: 'upstream.', fields: value['upstream'] },
    { prefix: 'plugins.', fields: value['plugins'] },
  ]
  for (const { prefix, fields } of places) {
    const forbidden = isJsonObject(fields) ? timeFields.find((name) => fields[name] !== undefined) : undefined
    if (forbidden !== undefined) {
      throw new AdminError(400, `the property is forbidden:  ${prefix}${forbidden}`)
    }
  }
}

/**
 * Looks at an entry as it would be stored: whether APISIX would take it, and snapshots can hold it. Throws the 400 that
 * names the trouble without quoting values.
 */
export function valueCheck(): (kind: Pick<AdminKind, 'name'>, entry: Entry) => void {
  const unknownField = unknownFields()
  return (kind, entry) => {
    requireCanonicalForm(entry.value)
    const unknown = unknownField(entry)
    if (unknown !== undefined) {
      const [name = '', ...parents] = unknown.toReversed()
      throw invalid(inWords({ path: parents.toReversed(), message: `additional properties forbidden, found ${name}` }))
    }
    const issue = findIssue(entry) ?? certificateIssueOf(entry)
    if (issue !== undefined) {
      throw invalid(inWords(issue))
    }
    requirePlugins(kind, entry)
  }
}

function requirePlugins(kind: Pick<AdminKind, 'name'>, entry: Entry): void {
  const plugins = isJsonObject(entry.value) ? entry.value['plugins'] : undefined
  if (kind.name === 'credentials' && isJsonObject(plugins)) {
    if (Object.keys(plugins).some((name) => notForCredentials.has(name))) {
      throw new AdminError(400, 'only supports auth type plugins in consumer credential')
    }
  }
  const issue = pluginIssueOf(entry)
  if (issue !== undefined) {
    throw entry.kind === 'plugin_metadata'
      ? invalid(inWords(issue))
      : new AdminError(400, `failed to check the configuration of plugin ${issue.plugin} err: ${inWords(issue)}`)
  }
}

/** As the validator of APISIX says it: `property "nodes" validation failed: failed to validate item 1: …`. */
export function inWords({ path, message }: Issue): string {
  const places = path.map((name) =>
    typeof name === 'number'
      ? `failed to validate item ${name + 1}: `
      : `property ${JSON.stringify(String(name))} validation failed: `,
  )
  return `${places.join('')}${message}`
}

/** Lone surrogates, endless numbers and very deep nesting have none: one such value would stop every backup of its group. */
function requireCanonicalForm(value: JsonValue): void {
  try {
    canonicalJson(value)
  } catch (error) {
    throw invalid(error instanceof TypeError ? error.message : 'it has no canonical form')
  }
}

export function requireObject(value: JsonValue | undefined): JsonObject {
  if (value === undefined) {
    throw new AdminError(400, 'missing configurations')
  }
  if (!isJsonObject(value)) {
    throw invalid('it is not an object')
  }
  return value
}
