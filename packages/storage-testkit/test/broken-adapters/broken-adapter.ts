import type { StorageAdapter } from '@outlast/storage'

export interface BrokenAdapter {
  /** How the name of the check begins that has to fail, whichever others do. */
  readonly caughtBy: string
  /** Under a prefix `withPrefix` makes up for it. */
  readonly onlyAsItIs?: boolean
  readonly create: () => StorageAdapter
}

/** By what they get wrong, as in "an adapter that ...". */
export type BrokenAdapters = Readonly<Record<string, BrokenAdapter>>
