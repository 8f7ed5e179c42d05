import type { ConfigStore, StoredItem } from '../store/config-store.ts'
import { isPlainPage, pageOf, selectItems, type ListedItem } from './list-query.ts'
import { isListed, listedItem, placeSpan, type ResourcePlace } from './resource-place.ts'

interface ListRequest extends ResourcePlace {
  readonly query: URLSearchParams
  readonly signal: AbortSignal
}

/** What a list request asks for. Values are looked at only where filters need them, or where they are shown. */
export async function listResources(
  store: ConfigStore,
  request: ListRequest,
): Promise<{ readonly total: number; readonly list: readonly ListedItem[] }> {
  const { kind, query, signal } = request
  const keysOnly = isPlainPage(query)
  const { items, revision } = await store.range({ keys: placeSpan(request), keysOnly, signal })
  const found = items.filter(({ key }) => isListed(request, key))
  if (!keysOnly) {
    return selectItems(
      found.map((item) => listedItem(request, item)),
      { filterFields: kind.filterFields, query },
    )
  }
  const page = pageOf(found, query, (left, right) => left.createRevision - right.createRevision)
  const wanted = new Set(page)
  const read = await Promise.all(
    neighbours(found, wanted).map(async ([first, last]) =>
      store.range({ keys: { from: first.key, to: `${last.key}\0` }, revision, signal }),
    ),
  )
  const byKey = new Map(read.flatMap((range) => range.items).map((item) => [item.key, item]))
  return { total: found.length, list: page.map((item) => listedItem(request, byKey.get(item.key) ?? item)) }
}

/** First and last of all that stand side by side: what was created one after the other often does. */
function neighbours(
  items: readonly StoredItem[],
  wanted: ReadonlySet<StoredItem>,
): readonly (readonly [StoredItem, StoredItem])[] {
  const runs: [StoredItem, StoredItem][] = []
  let isOpen = false
  for (const item of items) {
    const run = isOpen ? runs.at(-1) : undefined
    isOpen = wanted.has(item)
    if (!isOpen) continue
    if (run === undefined) runs.push([item, item])
    else run[1] = item
  }
  return runs
}
