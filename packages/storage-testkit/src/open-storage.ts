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
