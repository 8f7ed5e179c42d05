import type { KeySpan } from './config-store.ts'

/** How many keys a span holds at a revision: that never changes, followers ask for it over and over, and counting visits every key. */
export interface CountCache {
  get(keys: KeySpan, revision: number, count: () => number): number
  set(keys: KeySpan, revision: number, count: number): void
}

const maximumEntries = 1000

export function countCache(): CountCache {
  const counts = new Map<string, number>()
  const nameOf = (keys: KeySpan, revision: number): string => JSON.stringify([revision, keys.from, keys.to])
  const cache: CountCache = {
    get(keys, revision, count) {
      const known = counts.get(nameOf(keys, revision))
      if (known !== undefined) {
        return known
      }
      const counted = count()
      cache.set(keys, revision, counted)
      return counted
    },
    set(keys, revision, count) {
      counts.set(nameOf(keys, revision), count)
      const oldest = counts.size > maximumEntries ? counts.keys().next().value : undefined
      if (oldest !== undefined) {
        counts.delete(oldest)
      }
    },
  }
  return cache
}
