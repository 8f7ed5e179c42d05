// What can be wrong, in three places at once, and for whom. The first of each is the good one.

export const controlPlanes = ['up', 'down', 'black hole', 'slow', 'empty', 'older', 'other identity'] as const
export const stores = ['up', 'down', 'black hole', '403', 'empty', 'newest damaged', 'all damaged'] as const
const locals = ['good', 'absent', 'damaged', 'read-only'] as const
export const nodes = ['running', 'restarted', 'new'] as const

/** One outage: what is wrong, and where. */
export interface Outage {
  readonly controlPlane: (typeof controlPlanes)[number]
  readonly store: (typeof stores)[number]
  readonly local: (typeof locals)[number]
}

/** One outage as one kind of node meets it. */
export interface Cell extends Outage {
  readonly node: (typeof nodes)[number]
}

export const outages: readonly Outage[] = controlPlanes.flatMap((controlPlane) =>
  stores.flatMap((store) => locals.map((local) => ({ controlPlane, store, local }))),
)

export const noOutage: Outage = { controlPlane: 'up', store: 'up', local: 'good' }

/** For the names of tests. */
export function describeOutage({ controlPlane, store, local }: Outage): string {
  return `control plane ${controlPlane}, store ${store}, local copy ${local}`
}
