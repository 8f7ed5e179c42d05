import { hash } from 'node:crypto'
import type { Domain } from '@outlast/snapshot'
import type { ContentItem } from './content.ts'

/** A share of a content's items. Never changes, so what is found out about it once stays true. */
export interface ItemBucket {
  readonly items: ReadonlyMap<string, ContentItem>
  /** Over the digests of its items, in no particular order. */
  readonly digest: string
  /** How many items there are of each domain. */
  readonly counts: Readonly<Record<Domain, number>>
}

class KnownItemBucket implements ItemBucket {
  readonly items: ReadonlyMap<string, ContentItem>
  readonly counts: Readonly<Record<Domain, number>>
  #digest: string | undefined

  constructor(items: ReadonlyMap<string, ContentItem>) {
    this.items = items
    this.counts = countDomains(items)
  }

  get digest(): string {
    if (this.#digest === undefined) {
      const digests = Array.from(this.items.values(), ({ digest }) => digest)
      this.#digest = hash('sha256', digests.sort().join('\n'), 'base64url')
    }
    return this.#digest
  }
}

function countDomains(items: ReadonlyMap<string, ContentItem>): Readonly<Record<Domain, number>> {
  const counts = { resources: 0, instance: 0 }
  for (const { domain } of items.values()) counts[domain] += 1
  return counts
}

export const emptyItemBucket: ItemBucket = new KnownItemBucket(new Map())

export function itemBucketOf(items: ReadonlyMap<string, ContentItem>): ItemBucket {
  return items.size === 0 ? emptyItemBucket : new KnownItemBucket(items)
}
