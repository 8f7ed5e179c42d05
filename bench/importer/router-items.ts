import type { RouterItem } from '@outlast/dataplane/proxy'

/** The routes of a whole configuration that was written as JSON. */
export function routerItems(json: string): readonly RouterItem[] {
  const entries: readonly { readonly id: string; readonly value: Omit<RouterItem, 'id'> }[] = JSON.parse(json)
  return entries.map(({ id, value }) => ({ ...value, id }))
}
