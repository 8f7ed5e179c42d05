import type { StorageAdapter } from '@outlast/storage'

/** Declares one check: a sentence about behaviour, and a body that throws when it does not hold. */
type DeclareCheck = (name: string, body: (adapter: StorageAdapter) => Promise<void>) => void

export interface CheckGroup {
  readonly name: string
  declare(check: DeclareCheck): void
}
