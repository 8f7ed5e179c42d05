import type { StorageAdapter } from '@outlast/storage'

import type { DisposableStorage } from '../open-storage.ts'
import type { HttpAnswer } from './http-answer.ts'

/** Where the adapter is to find its server, by plain TCP or HTTP, and the deadline it is to have. */
export interface FaultAddress {
  /** `127.0.0.1`, or a name that no resolver knows. */
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
}

/** Where a real server listens. */
export interface UpstreamAddress {
  readonly host: string
  readonly port: number
}

/** How the adapter is brought to servers that misbehave. */
export interface StorageFaults {
  /**
   * Opens the adapter on this address with this deadline. It must not wait for a connection: there may be nobody. With
   * `upstream`, the bucket that it opens has to exist there; several checks may share it, each under a prefix of its own.
   */
  open(address: FaultAddress): StorageAdapter | DisposableStorage | Promise<StorageAdapter | DisposableStorage>
  /** `http`: also statuses, proxies' pages and wrong lengths. `tcp`: only what every connection can suffer. Default `http`. */
  readonly protocol?: 'http' | 'tcp' | undefined
  /**
   * A real server, put behind a `chaosProxy`: cuts, resets, stalls and throttling in the middle of true answers. A function
   * is asked in each check, by when `beforeAll` has started the server. Without it that is not checked.
   */
  readonly upstream?: UpstreamAddress | (() => UpstreamAddress) | undefined
  /** The store's own answer when credentials have expired. Without it that is not checked. */
  readonly expiredCredentials?: HttpAnswer | undefined
  /**
   * What the store's own answer to a `get` has besides its length, so that an adapter takes it for one and reads the body,
   * where the fault is. Default `{ etag: '"1"' }`.
   */
  readonly objectHeaders?: Readonly<Record<string, string>> | undefined
}
