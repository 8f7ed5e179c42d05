import { idText, isJsonObject, type JsonObject } from '../json-object.ts'
import { AdminError } from './admin-error.ts'

export interface ListedItem {
  readonly key: string
  readonly value: JsonObject
  readonly createdIndex: number
  readonly modifiedIndex: number
}

/** Filters (`name`, `uri`, `label`, `filter`), then pages (`page` with `page_size`) in the order of creation. `total` counts before paging. */
export function selectItems(
  items: readonly ListedItem[],
  { filterFields, query }: { readonly filterFields: ReadonlySet<string>; readonly query: URLSearchParams },
): { readonly total: number; readonly list: readonly ListedItem[] } {
  const matches = itemFilter(filterFields, query)
  const selected = items.filter(({ value }) => matches(value))
  return { total: selected.length, list: pageOf(selected, query, byCreation) }
}

function itemFilter(filterFields: ReadonlySet<string>, query: URLSearchParams): (value: JsonObject) => boolean {
  const conditions: ((value: JsonObject) => boolean)[] = []
  const name = query.get('name')
  if (name !== null) {
    const fits = textPattern('name', name)
    conditions.push((value) => typeof value['name'] === 'string' && fits(value['name']))
  }
  const uri = query.get('uri')
  if (uri !== null) {
    const fits = textPattern('uri', uri)
    conditions.push(({ uri: one, uris }) =>
      [one, ...(Array.isArray(uris) ? uris : [])].some((text) => typeof text === 'string' && fits(text)),
    )
  }
  const label = query.get('label')
  if (label !== null) {
    conditions.push(({ labels }) => isJsonObject(labels) && Object.hasOwn(labels, label))
  }
  for (const [field, wanted] of new URLSearchParams(query.get('filter') ?? '')) {
    if (filterFields.has(field)) {
      conditions.push((value) => idText(value[field]) === wanted)
    }
  }
  return (value) => conditions.every((condition) => condition(value))
}

/**
 * APISIX takes a regular expression here. One written to be slow would stop this process, so only plain text is taken,
 * anywhere or tied to an end by `^` or `$`; a dot stands for itself.
 */
function textPattern(name: string, pattern: string): (text: string) => boolean {
  const [, start, plain = '', end] = /^(\^?)([^\\^$*+?()[\]{}|]*)(\$?)$/.exec(pattern) ?? [undefined, undefined]
  if (start === undefined) {
    throw new AdminError(400, `the filter ${name} takes plain text, ^ at its start and $ at its end`)
  }
  if (start !== '') {
    return (text) => (end === '' ? text.startsWith(plain) : text === plain)
  }
  return (text) => (end === '' ? text.includes(plain) : text.endsWith(plain))
}

function byCreation(left: ListedItem, right: ListedItem): number {
  return left.createdIndex - right.createdIndex
}

/** Whether nothing but a page is asked for. */
export function isPlainPage(query: URLSearchParams): boolean {
  const isFiltered = ['name', 'uri', 'label', 'filter'].some((name) => query.has(name))
  return !isFiltered && numberIn(query, 'page') !== undefined && numberIn(query, 'page_size') !== undefined
}

/** The page that is asked for (`page` with `page_size`), in an order; all items as they are without one. */
export function pageOf<T>(
  items: readonly T[],
  query: URLSearchParams,
  order: (left: T, right: T) => number,
): readonly T[] {
  const page = numberIn(query, 'page')
  const pageSize = numberIn(query, 'page_size')
  if (page === undefined || pageSize === undefined) {
    return items
  }
  if (pageSize < 10 || pageSize > 500) {
    throw new AdminError(400, 'page_size must be between 10 and 500')
  }
  const first = (Math.max(1, page) - 1) * pageSize
  return items.toSorted(order).slice(first, first + pageSize)
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  return text !== null && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}
