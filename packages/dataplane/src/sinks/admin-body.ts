import { createHash, hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { canonicalJson, isJsonArray, type JsonValue } from '@outlast/snapshot'
import { resourceKinds } from '@outlast/snapshot/apisix'
import { jsonMember } from './json-member.ts'
import type { StandaloneItem } from './standalone-state.ts'

/** What a node has, or is to have, of one kind. */
interface KindContent {
  /** Texts of its items in JSON, in their order. */
  readonly items: readonly string[]
  readonly digest: string
}

/** A whole configuration as a node is sent it, but for the versions, which depend on the node. */
export interface AdminBody {
  readonly lists: ReadonlyMap<string, readonly StandaloneItem[]>
  readonly kinds: ReadonlyMap<string, KindContent>
  /** Over all content: equal digests mean equal bodies. */
  readonly digest: string
}

/** What is known of the configuration that a node has. */
export interface HeldConfiguration {
  readonly versions: ReadonlyMap<string, number>
  /** Digest of each kind's content. */
  readonly kinds: ReadonlyMap<string, string>
}

/** How many items are done in one go, so that others are not kept waiting. */
const sliceItems = 500

/** Texts of items, so that only those that are new cost anything. */
export type ItemTexts = WeakMap<StandaloneItem, readonly string[]>

export async function adminBody(
  lists: ReadonlyMap<string, readonly StandaloneItem[]>,
  texts: ItemTexts,
): Promise<AdminBody> {
  const kinds = new Map<string, KindContent>()
  for (const [kind, list] of lists) {
    const items: string[] = []
    for (const [index, item] of list.entries()) {
      for (const text of textsOf(item, texts)) items.push(text)
      if (index % sliceItems === sliceItems - 1) await setImmediate()
    }
    kinds.set(kind, { items, digest: digestOf(items) })
  }
  return { lists, kinds, digest: digestOf(Array.from(kinds, ([kind, { digest }]) => `${kind}=${digest}`)) }
}

/**
 * The versions to send. The node ignores a kind whose version is the one that it has, so that a kind with equal content
 * keeps it, and all others get one that the node never had: milliseconds, because somebody else may count up from the
 * same one.
 */
export function versionsFor(body: AdminBody, held: HeldConfiguration, now: number): ReadonlyMap<string, number> {
  return new Map(
    Array.from(body.kinds, ([kind, { digest }]) => {
      const version = held.versions.get(kind) ?? 0
      return [kind, held.kinds.get(kind) === digest ? version : Math.max(version + 1, now)]
    }),
  )
}

/** All lists, also those that the node is going to ignore: it may have restarted a moment ago, and then it has none of them. */
export function bodyText(body: AdminBody, versions: ReadonlyMap<string, number>): string {
  const members = Array.from(body.kinds, ([kind, { items }]) => {
    const version = `"${kind}_conf_version":${versions.get(kind) ?? 0}`
    return items.length === 0 ? version : `${version},"${kind}":[${items.join(',')}]`
  })
  return `{${members.join(',')}}`
}

/** Reads the configuration that a node tells. */
export function heldConfiguration(told: JsonValue | undefined): HeldConfiguration {
  const versions = new Map<string, number>()
  const kinds = new Map<string, string>()
  for (const kind of resourceKinds) {
    const version = jsonMember(told, `${kind}_conf_version`)
    const list = jsonMember(told, kind)
    versions.set(kind, typeof version === 'number' ? version : 0)
    kinds.set(kind, digestOf(isJsonArray(list) ? list.map(textOf) : []))
  }
  return { versions, kinds }
}

function textsOf(item: StandaloneItem, texts: ItemTexts): readonly string[] {
  const known = texts.get(item)
  if (known !== undefined) return known
  const made = item.values.map((value) => textOf(indexed(item, value)))
  texts.set(item, made)
  return made
}

/** Kinds of which every version of APISIX takes a `modifiedIndex`. */
const indexedKinds: ReadonlySet<string> = new Set([
  'routes',
  'services',
  'upstreams',
  'consumers',
  'consumer_groups',
  'plugin_configs',
  'global_rules',
  'ssls',
  'protos',
])

/**
 * With an index that follows from the content: APISIX leaves an item alone, with its health checks and counters, as long
 * as the index is the same. 44 bits, because APISIX writes numbers with 14 digits.
 */
function indexed({ kind }: StandaloneItem, value: JsonValue): JsonValue {
  if (!indexedKinds.has(kind) || typeof value !== 'object' || value === null || isJsonArray(value)) return value
  const modifiedIndex = Number.parseInt(hash('sha256', textOf({ ...value, modifiedIndex: 0 })).slice(0, 11), 16)
  return { ...value, modifiedIndex }
}

function textOf(value: JsonValue): string {
  try {
    return canonicalJson(value)
  } catch {
    return JSON.stringify(value)
  }
}

function digestOf(texts: Iterable<string>): string {
  const digest = createHash('sha256')
  for (const text of texts) digest.update(text).update('\n')
  return `sha256:${digest.digest('hex')}`
}
