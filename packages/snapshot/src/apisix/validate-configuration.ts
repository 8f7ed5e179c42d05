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
  return [...stepwiseValidation()(configuration)].filter((found) => found !== undefined)
}

/**
 * The same for configurations that are too large to be looked through at once, or are looked through again after every
 * change: it yields `undefined` at every entry, where others may go on for a while, and remembers what it has found in
 * an entry, so that one which is still the same object costs next to nothing.
 */
export function stepwiseValidation(): (
  configuration: Readonly<Record<Domain, Iterable<Entry>>>,
) => Generator<Finding | undefined, void, undefined> {
  const known = new WeakMap<Entry, Look>()
  const lookAt = (domain: Domain, entry: Entry): Look => {
    const before = known.get(entry)
    if (before !== undefined) return before
    const look = { invalid: invalid(domain, entry), ...(domain === 'resources' ? usesOf(entry) : noUses) }
    known.set(entry, look)
    return look
  }

  return function* validate({ resources, instance }) {
    const index = new Map<string, Entry>()
    for (const entry of resources) {
      index.set(entryKey(entry), entry)
      yield undefined
    }
    for (const entry of resources) {
      const look = lookAt('resources', entry)
      yield* look.invalid
      yield* dangling(entry, look, index)
      yield undefined
    }
    for (const entry of instance) {
      yield* lookAt('instance', entry).invalid
      yield undefined
    }
  }
}

interface Uses {
  readonly references: readonly Reference[]
  readonly secrets: ReturnType<typeof secretReferencesOf>
}

/** What can be said of an entry by itself. */
interface Look extends Uses {
  readonly invalid: readonly Finding[]
}

const noUses: Uses = { references: [], secrets: [] }

function usesOf(entry: Entry): Uses {
  if (!knownResourceKinds.has(entry.kind)) return noUses
  return { references: referencesOf(entry), secrets: secretReferencesOf(entry.value) }
}

function invalid(domain: Domain, entry: Entry): readonly Finding[] {
  const issue = findIssue(entry)
  return issue === undefined ? [] : [finding({ domain, entry, ...issue, severity: 'invalid' })]
}

function dangling(entry: Entry, { references, secrets }: Uses, index: ReadonlyMap<string, Entry>): Finding[] {
  const found = references.flatMap((reference) => {
    const message = troubleWith(reference, index)
    return message === undefined ? [] : [{ path: reference.path, message }]
  })
  for (const { path, secretId } of secrets) {
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
