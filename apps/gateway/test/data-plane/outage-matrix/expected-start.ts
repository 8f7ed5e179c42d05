import type { Cell } from './cells.ts'

/** What the sources have, as it was written, one after the other; and what another cluster has. */
export const configurations = ['older', 'earlier backup', 'local copy', 'backup', 'live', 'other'] as const
/** `empty` is right for a first installation only. */
export type Configuration = (typeof configurations)[number] | 'empty'

export interface ExpectedStart {
  /** What a starting node serves first; `undefined` when there is nothing good: then it is not ready. */
  readonly first: Configuration | undefined
  /** What it comes to, with the sources as they are. */
  readonly last: Configuration | undefined
  /** The control plane answers, and is not followed. */
  readonly isHeld: boolean
}

const inStore: { readonly [store in Cell['store']]?: Configuration } = {
  up: 'backup',
  'newest damaged': 'earlier backup',
}
const onDisk: { readonly [local in Cell['local']]?: Configuration } = { good: 'local copy', 'read-only': 'local copy' }

/** What a node must do that starts in this cell. Known from the states of the sources alone, not from the code under test. */
export function expectedStart({ controlPlane, store, local }: Cell): ExpectedStart {
  const snapshot = newest(inStore[store], onDisk[local])
  const isSilent = controlPlane === 'down' || controlPlane === 'black hole'
  if (controlPlane === 'up') return { first: 'live', last: 'live', isHeld: false }
  if (controlPlane === 'slow') return { first: snapshot ?? 'live', last: 'live', isHeld: false }
  // Beside a good copy nobody believes what is empty, older, or somebody else's.
  if (snapshot !== undefined) return { first: snapshot, last: snapshot, isHeld: !isSilent }
  if (controlPlane === 'older') return { first: 'older', last: 'older', isHeld: false }
  if (controlPlane === 'other identity') return { first: 'other', last: 'other', isHeld: false }
  const isFirstInstallation = controlPlane === 'empty' && store === 'empty' && local === 'absent'
  if (isFirstInstallation) return { first: 'empty', last: 'empty', isHeld: false }
  return { first: undefined, last: undefined, isHeld: !isSilent }
}

function newest(...found: readonly (Configuration | undefined)[]): Configuration | undefined {
  return configurations.findLast((configuration) => found.includes(configuration))
}
