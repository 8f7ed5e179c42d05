import type { StorageAdapter, StorageErrorCode } from '@outlast/storage'

import type { ChaosProxy } from '../chaos/chaos-proxy.ts'
import { insist } from '../insist.ts'

/** A check of an adapter that reaches a real server through a proxy. */
export interface NetworkCheck {
  readonly name: string
  readonly timeoutMs?: number
  body(adapter: StorageAdapter, proxy: ChaosProxy): Promise<void>
}

/** What a broken connection may be to a call, by where it broke and by when the client noticed. */
export const brokenCodes: readonly StorageErrorCode[] = ['unavailable', 'invalid-response', 'timeout']

/** For a server under load, and a client's own pauses before it connects again. */
export const recoveryMs = 10_000

/** Takes the fault away, and waits until the adapter has noticed. */
export async function recover(adapter: StorageAdapter, proxy: ChaosProxy): Promise<void> {
  await proxy.set('pass')
  await insist(() => adapter.get('recovered'), recoveryMs)
}
