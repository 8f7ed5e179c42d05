import type { StorageErrorCode } from '@outlast/storage'

import type { CallKind } from '../storage-calls.ts'

/** One way in which a server misbehaves, and what an adapter has to make of it. */
export interface FaultCase {
  /** What the server does: `stalls in the body`. */
  readonly name: string
  /** The calls that have to fail of it. */
  readonly calls: readonly CallKind[]
  /** Each has to reject with one of these. */
  readonly codes: readonly StorageErrorCode[]
  /** What the error has to say; `undefined` where either is right. */
  readonly retryable: boolean | undefined
  /** Whether the server leaves it to the deadline, or the caller's signal, to end the calls. */
  readonly hangs: boolean
  /** The deadline that the adapter is to have. */
  readonly timeoutMs: number
  /** Whether a call may also resolve with this. */
  accepts?(value: unknown): boolean
  start(): Promise<FaultServer>
}

export interface FaultServer {
  readonly host: string
  readonly port: number
  /** How many connections have come; `undefined` where none can. */
  connections(): number | undefined
  /** How many the adapter holds open. */
  openConnections(): number
  stop(): Promise<void>
}
