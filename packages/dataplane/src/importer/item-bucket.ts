import { hash } from 'node:crypto'
import type { ContentItem } from './content.ts'

/** A share of a content's items. Never changes, so what is found out about it once stays true. */
export interface ItemBucket {
  readonly items: ReadonlyMap<string, ContentItem>
  /** Over the digests of its items, in no particular order. */
  readonly digest: string
  /** Whether there is an item of the resources domain. */
  readonly hasResources: boolean
}

class KnownItemBucket implements ItemBucket {
  readonly items: ReadonlyMap<string, ContentItem>
  readonly hasResources: boolean
  #digest: string | undefined

  constructor(items: ReadonlyMap<string, ContentItem>) {
    this.items = items
    this.hasResources = [...items.values()].some(({ domain }) => domain === 'resources')
  }

  get digest(): string {
    if (this.#digest === undefined) {
      const digests = Array.from(this.items.values(), ({ digest }) => digest)
      this.#digest = hash('sha256', digests.sort().join('\n'), 'base64url')
    }
    return this.#digest
  }
}

export const emptyItemBucket: ItemBucket = new KnownItemBucket(new Map())

export function itemBucketOf(items: ReadonlyMap<string, ContentItem>): ItemBucket {
  return items.size === 0 ? emptyItemBucket : new KnownItemBucket(items)
}
