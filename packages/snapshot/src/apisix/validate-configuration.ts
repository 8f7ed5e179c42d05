import { entryKey, type Configuration, type Domain, type Entry } from '../entries/entry.ts'
import { isJsonObject } from '../entries/json-object.ts'
import { findIssue } from './find-issue.ts'
import { jsonPointer } from '../entries/json-pointer.ts'
import { resourceKinds } from './kinds.ts'
import { referencesOf, type Reference } from './references-of.ts'
import { secretReferencesOf } from './secret-references-of.ts'

/** Something in a configuration that a gateway would stumble over. */
export interface Finding {
  readonly domain: Domain
  readonly kind: string
  readonly id: string
  /** Where in the entry's value, as a JSON Pointer (RFC 6901); absent when the whole entry is meant. */
  readonly path?: string
  /** One clause without the value: `must be 0 or 1`. */
  readonly reason: string
  /** `invalid`: APISIX would refuse the entry. `dangling`: what it refers to is not there, or cannot be used. */
  readonly severity: 'invalid' | 'dangling'
}

const knownResourceKinds: ReadonlySet<string> = new Set(resourceKinds)

/**
 * Looks at every entry by itself, as `validateEntry` does, and at what entries refer to: services, upstreams, plugin
 * configs, consumer groups, consumers of credentials, stream routes, client certificates and secret managers. At most
 * one finding `invalid` for each entry, one `dangling` for each reference; in the order of the entries. Changes
 * nothing, throws nothing, and quotes no value: `path` and `reason` are safe to log as far as names of fields are.
 */
export function validateConfiguration(configuration: Configuration): Finding[] {
  const { resources, instance } = configuration
  const index = new Map(resources.map((entry) => [entryKey(entry), entry]))
  return [
    ...resources.flatMap((entry) => [...invalid('resources', entry), ...dangling(entry, index)]),
    ...instance.flatMap((entry) => invalid('instance', entry)),
  ]
}

function invalid(domain: Domain, entry: Entry): Finding[] {
  const issue = findIssue(entry)
  return issue === undefined ? [] : [finding({ domain, entry, ...issue, severity: 'invalid' })]
}

function dangling(entry: Entry, index: ReadonlyMap<string, Entry>): Finding[] {
  if (!knownResourceKinds.has(entry.kind)) return []
  const found = referencesOf(entry).flatMap((reference) => {
    const message = troubleWith(reference, index)
    return message === undefined ? [] : [{ path: reference.path, message }]
  })
  for (const { path, secretId } of secretReferencesOf(entry.value)) {
    if (secretId === undefined) found.push({ path, message: 'is no complete reference to a secret' })
    else if (!index.has(`secrets/${secretId}`)) found.push({ path, message: 'refers to secrets that are not there' })
  }
  return found.map((issue) => finding({ domain: 'resources', entry, ...issue, severity: 'dangling' }))
}

function troubleWith({ kind, id, path }: Reference, index: ReadonlyMap<string, Entry>): string | undefined {
  const target = index.get(`${kind}/${id}`)
  if (target === undefined) {
    return path.length === 0 ? `belongs to ${kind} that are not there` : `refers to ${kind} that are not there`
  }
  // Only an upstream refers to certificates, and it cannot show that of a server.
  const isServer = kind === 'ssls' && isJsonObject(target.value) && target.value['type'] !== 'client'
  return isServer ? 'refers to a certificate that is not of type client' : undefined
}

function finding(issue: {
  readonly domain: Domain
  readonly entry: Entry
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly severity: Finding['severity']
}): Finding {
  const { domain, entry, path, message, severity } = issue
  const place = path.length === 0 ? {} : { path: jsonPointer(path) }
  return { domain, kind: entry.kind, id: entry.id, ...place, reason: message, severity }
}
