import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'

import { StorageError } from '@outlast/storage'

import { eventually } from '../eventually.ts'
import { usingStorage } from '../open-storage.ts'
import { settledWithin, type Settlement } from '../settled-within.ts'
import { storageCalls } from '../storage-calls.ts'
import { closingMs, longTimeoutMs, toleranceMs } from './deadlines.ts'
import type { FaultCase } from './fault-case.ts'
import type { StorageFaults } from './storage-faults.ts'

// For the beginning of an answer to arrive.
const inTheMiddleMs = 50

/** Makes the calls of a case that hangs, aborts them, and throws unless they and their connections end by that. */
export async function abortFaultCase(faultCase: FaultCase, faults: StorageFaults): Promise<void> {
  const server = await faultCase.start()
  const { host, port } = server
  try {
    await usingStorage(
      () => faults.open({ host, port, timeoutMs: longTimeoutMs }),
      async (adapter) => {
        const controller = new AbortController()
        const { signal } = controller
        const calls = faultCase.calls.map((call) => storageCalls[call](adapter, { signal }))
        const ends = calls.map((call) => settledWithin(call, toleranceMs))
        await eventually(() => server.connections() !== 0, toleranceMs)
        await wait(inTheMiddleMs)
        const reason = new Error('aborted in the middle')
        controller.abort(reason)
        for (const end of await Promise.all(ends)) assertAborted(end, reason, faultCase)

        // A client with one connection for all calls keeps it.
        if (faults.protocol === 'tcp') return
        const closed = await eventually(() => server.openConnections() === 0, closingMs)
        assert.ok(closed, 'an aborted call left its connection open')
      },
    )
  } finally {
    await server.stop()
  }
}

function assertAborted(end: Settlement<unknown>, reason: Error, { codes }: FaultCase): void {
  assert.equal(end.status, 'rejected', 'an aborted call did not reject')
  const error: unknown = end.reason
  if (error === reason) return
  // What had come by then may have been enough to refuse it.
  const earlier = StorageError.isInstance(error) && error.code !== 'timeout' && codes.includes(error.code)
  assert.ok(earlier, `an aborted call rejected with ${String(error)} instead of the signal's reason`)
}
