import type { StorageAdapter } from '@outlast/storage'

/** An adapter that leaves something behind: `dispose` is called once the check is over, passed or not. */
export interface DisposableStorage {
  readonly adapter: StorageAdapter
  dispose(): PromiseLike<void> | void
}

export type OpenStorage = () => StorageAdapter | DisposableStorage | Promise<StorageAdapter | DisposableStorage>

/** Runs `body` with a freshly opened adapter. */
export async function usingStorage(open: OpenStorage, body: (adapter: StorageAdapter) => Promise<void>): Promise<void> {
  const opened = await open()
  if (!('adapter' in opened)) return body(opened)
  try {
    await body(opened.adapter)
  } finally {
    await opened.dispose()
  }
}

/** Two adapters on one fresh, empty store, which know of each other no more than if each were in a process of its own. */
export interface AdapterPair {
  readonly first: StorageAdapter
  readonly second: StorageAdapter
  /** Called once the check is over, passed or not. */
  dispose?(): PromiseLike<void> | void
}

export type OpenPair = () => AdapterPair | Promise<AdapterPair>
