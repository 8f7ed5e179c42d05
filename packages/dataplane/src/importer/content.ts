import { hash } from 'node:crypto'
import {
  eachInSlices,
  entryDigest,
  entryKey,
  type Configuration,
  type Domain,
  type Entry,
  type EntryChanges,
} from '@outlast/snapshot'
import { emptyItemBucket, itemBucketOf, type ItemBucket } from './item-bucket.ts'
import type { ClearEntry } from './reveal-entry.ts'

/** One entry with what is needed to compare it without looking into it. */
export interface ContentItem {
  readonly domain: Domain
  readonly entry: Entry
  /** Digest of domain, kind, id and value. */
  readonly digest: string
  /** Why it must not be used, whatever the sink would say. */
  readonly fault?: string | undefined
}

/** A configuration ready to be compared: equal digests mean equal content. */
export interface Content {
  /** By `domain/kind/id`, spread over as many buckets as every other content has. */
  readonly buckets: readonly ItemBucket[]
  readonly digest: string
  /** No resources: with such a configuration a gateway serves nothing. */
  readonly empty: boolean
}

/**
 * So many that a bucket is small where there are many entries: a change copies and hashes the buckets that it touches,
 * and one digest for each of the others.
 */
const bucketCount = 1024

class BucketedContent implements Content {
  readonly buckets: readonly ItemBucket[]
  #digest: string | undefined

  constructor(buckets: readonly ItemBucket[]) {
    this.buckets = buckets
  }

  // Computed when it is asked for: in a burst of changes only the last content is ever compared.
  get digest(): string {
    this.#digest ??= `sha256:${hash('sha256', this.buckets.map(({ digest }) => digest).join('\n'))}`
    return this.#digest
  }

  get empty(): boolean {
    return countOf(this, 'resources') === 0
  }
}

export const emptyContent: Content = new BucketedContent(Array.from({ length: bucketCount }, () => emptyItemBucket))

export interface ContentOptions {
  /** Entries that are the same objects as in this content are not looked at again. */
  readonly reuse?: Content | undefined
  /** What `entryDigest` makes of the entries, in their order, where that is known. */
  readonly digests?: Readonly<Partial<Record<Domain, readonly string[]>>>
  /** Makes of a resource as it is stored what it is to be used as. Default: that is the same. */
  readonly reveal?: ((stored: Entry) => ClearEntry) | undefined
}

/** The content of a complete configuration, made in slices. */
export async function contentOf(
  configuration: Configuration,
  { reuse, digests = {}, reveal = asItIs }: ContentOptions = {},
): Promise<Content> {
  const members = Array.from({ length: bucketCount }, () => new Map<string, ContentItem>())
  for (const domain of domains) {
    await eachInSlices(configuration[domain], (stored, index) => {
      const key = itemKey(domain, stored)
      const number = bucketNumber(key)
      const known = reuse?.buckets[number]?.items.get(key)
      // What was used as it is stored has nothing encrypted in it, so other keys make nothing else of it.
      if (known?.entry === stored && known.fault === undefined) {
        members[number]?.set(key, known)
        return
      }
      const { entry, fault } = domain === 'resources' ? reveal(stored) : asItIs(stored)
      const isKnown = known?.entry === entry && known.fault === fault
      const digest = entry === stored ? digests[domain]?.[index] : undefined
      members[number]?.set(key, isKnown ? known : contentItem(domain, entry, { fault, digest }))
    })
  }
  const buckets = members.map(itemBucketOf)
  await eachInSlices(buckets, (bucket) => bucket.digest)
  return new BucketedContent(buckets)
}

/** The content after a change; costs what the change touches. The content before stays as it is. */
export function changedContent(content: Content, changes: Readonly<Record<Domain, EntryChanges>>): Content {
  const touched = new Map<number, Map<string, ContentItem>>()
  const membersFor = (key: string): Map<string, ContentItem> => {
    const number = bucketNumber(key)
    const members = touched.get(number) ?? new Map(content.buckets[number]?.items)
    touched.set(number, members)
    return members
  }
  for (const domain of domains) {
    for (const ref of changes[domain].removed) {
      const key = itemKey(domain, ref)
      membersFor(key).delete(key)
    }
    for (const entry of changes[domain].upserted) {
      const key = itemKey(domain, entry)
      membersFor(key).set(key, contentItem(domain, entry))
    }
  }
  const buckets = [...content.buckets]
  for (const [number, members] of touched) buckets[number] = itemBucketOf(members)
  return new BucketedContent(buckets)
}

/** One key that two contents do not have alike; `undefined` where it is absent. */
export interface ContentDifference {
  readonly key: string
  readonly before: ContentItem | undefined
  readonly after: ContentItem | undefined
}

/** Where two contents differ. Looks only into buckets that differ. */
export function* differences(before: Content, after: Content): Generator<ContentDifference, void, undefined> {
  for (const [number, { items }] of after.buckets.entries()) {
    const known = before.buckets[number] ?? emptyItemBucket
    if (known === after.buckets[number]) continue
    for (const [key, item] of items) {
      const previous = known.items.get(key)
      if (previous?.digest !== item.digest || previous.fault !== item.fault)
        yield { key, before: previous, after: item }
    }
    for (const [key, item] of known.items) if (!items.has(key)) yield { key, before: item, after: undefined }
  }
}

/** What there is under this key. */
export function itemOf(content: Content, key: string): ContentItem | undefined {
  return content.buckets[bucketNumber(key)]?.items.get(key)
}

/** What there is of one domain. */
export function* itemsOf(content: Content, domain: Domain): Generator<ContentItem, void, undefined> {
  for (const { items, counts } of content.buckets) {
    if (counts[domain] === 0) continue
    for (const item of items.values()) if (item.domain === domain) yield item
  }
}

/** How much there is of one domain. */
export function countOf(content: Content, domain: Domain): number {
  let count = 0
  for (const { counts } of content.buckets) count += counts[domain]
  return count
}

const domains: readonly Domain[] = ['instance', 'resources']

function itemKey(domain: Domain, ref: { readonly kind: string; readonly id: string }): string {
  return `${domain}/${entryKey(ref)}`
}

/** FNV-1a: nobody else needs to find the same bucket, so the quickest will do. */
function bucketNumber(key: string): number {
  let sum = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) sum = Math.imul(sum ^ key.charCodeAt(index), 0x01000193)
  return ((sum >>> 16) ^ sum) & (bucketCount - 1)
}

function asItIs(entry: Entry): ClearEntry {
  return { entry }
}

function contentItem(
  domain: Domain,
  entry: Entry,
  {
    fault,
    digest = digestOf(entry),
  }: { readonly fault?: string | undefined; readonly digest?: string | undefined } = {},
): ContentItem {
  return { domain, entry, digest: domain === 'instance' ? `${domain} ${digest}` : digest, fault }
}

function digestOf(entry: Entry): string {
  try {
    return entryDigest(entry)
  } catch {
    // Not canonical (a lone surrogate, say): one bad item must not stop the others, and its own digest need not be portable.
    return hash('sha256', `not canonical: ${JSON.stringify([entry.kind, entry.id, entry.value])}`, 'base64url')
  }
}
