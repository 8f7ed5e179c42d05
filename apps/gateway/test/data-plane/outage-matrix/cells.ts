// What can be wrong, in four places at once; the first of each is the good one.

export const controlPlanes = ['up', 'down', 'black hole', 'slow', 'empty', 'older', 'other identity'] as const
export const stores = ['up', 'down', 'black hole', '403', 'empty', 'newest damaged', 'all damaged'] as const
export const locals = ['good', 'absent', 'damaged', 'read-only'] as const
export const nodes = ['running', 'restarted', 'new'] as const

export interface Cell {
  /** `slow`: answers after a starting node has ceased to wait; `empty`: wiped; `older`: restored from an older backup. */
  readonly controlPlane: (typeof controlPlanes)[number]
  readonly store: (typeof stores)[number]
  readonly local: (typeof locals)[number]
  readonly node: (typeof nodes)[number]
}

export const allCells: readonly Cell[] = controlPlanes.flatMap((controlPlane) =>
  stores.flatMap((store) => locals.flatMap((local) => nodes.map((node) => ({ controlPlane, store, local, node })))),
)

/** For the names of tests. */
export function describeCell({ controlPlane, store, local }: Omit<Cell, 'node'>): string {
  return `control plane ${controlPlane}, store ${store}, local copy ${local}`
}
