import { hash } from 'node:crypto'
import {
  canonicalJson,
  entryKey,
  type Configuration,
  type Domain,
  type Entry,
  type EntryChanges,
} from '@outlast/snapshot'

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
  /** By `domain/kind/id`. */
  readonly items: ReadonlyMap<string, ContentItem>
  readonly digest: string
  /** No resources: with such a configuration a gateway serves nothing. */
  readonly empty: boolean
}

class IndexedContent implements Content {
  readonly items: ReadonlyMap<string, ContentItem>
  #digest: string | undefined

  constructor(items: ReadonlyMap<string, ContentItem>) {
    this.items = items
  }

  // Computed when it is asked for: in a burst of changes only the last content is ever compared.
  get digest(): string {
    if (this.#digest === undefined) {
      const digests = Array.from(this.items.values(), (item) => item.digest)
      this.#digest = `sha256:${hash('sha256', digests.sort().join('\n'))}`
    }
    return this.#digest
  }

  get empty(): boolean {
    for (const { domain } of this.items.values()) if (domain === 'resources') return false
    return true
  }
}

/**
 * The content of a complete configuration. Entries that are the same objects as in `reuse` are not hashed again.
 * `faults` says which entries must not be used, and why.
 */
export function contentOf(
  configuration: Configuration,
  { reuse, faults }: { readonly reuse?: Content | undefined; readonly faults?: ReadonlyMap<Entry, string> } = {},
): Content {
  const items = new Map<string, ContentItem>()
  for (const domain of domains) upsert(items, domain, configuration[domain], { reuse, faults })
  return new IndexedContent(items)
}

/** The content after a change. The content before stays as it is. */
export function changedContent(content: Content, changes: Readonly<Record<Domain, EntryChanges>>): Content {
  const items = new Map(content.items)
  for (const domain of domains) {
    for (const ref of changes[domain].removed) items.delete(itemKey(domain, ref))
    upsert(items, domain, changes[domain].upserted)
  }
  return new IndexedContent(items)
}

/** What there is of one domain. */
export function itemsOf(content: Content, domain: Domain): ContentItem[] {
  const items: ContentItem[] = []
  for (const item of content.items.values()) if (item.domain === domain) items.push(item)
  return items
}

const domains: readonly Domain[] = ['instance', 'resources']

function itemKey(domain: Domain, ref: { readonly kind: string; readonly id: string }): string {
  return `${domain}/${entryKey(ref)}`
}

function upsert(
  items: Map<string, ContentItem>,
  domain: Domain,
  entries: readonly Entry[],
  {
    reuse,
    faults,
  }: { readonly reuse?: Content | undefined; readonly faults?: ReadonlyMap<Entry, string> | undefined } = {},
): void {
  for (const entry of entries) {
    const key = itemKey(domain, entry)
    const known = reuse?.items.get(key)
    const fault = faults?.get(entry)
    const isKnown = known?.entry === entry && known.fault === fault
    items.set(key, isKnown ? known : { domain, entry, digest: entryDigest(domain, entry), fault })
  }
}

function entryDigest(domain: Domain, { kind, id, value }: Entry): string {
  const content = [domain, kind, id, value] as const
  try {
    return hash('sha256', canonicalJson(content))
  } catch {
    // Not canonical (a lone surrogate, say): one bad item must not stop the others, and its own digest need not be portable.
    return hash('sha256', `not canonical: ${JSON.stringify(content)}`)
  }
}
