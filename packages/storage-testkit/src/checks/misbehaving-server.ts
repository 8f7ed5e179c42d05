import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'

import { StorageError } from '@outlast/storage'

import { eventually } from '../eventually.ts'
import type { StandaloneGroup } from '../standalone-group.ts'
import { longTimeoutMs, toleranceMs } from '../faults/deadlines.ts'
import type { FaultCase } from '../faults/fault-case.ts'
import { faultCases } from '../faults/fault-cases.ts'
import { startFault } from '../faults/fault-server.ts'
import { runFaultCase } from '../faults/run-fault-case.ts'
import type { StorageFaults } from '../faults/storage-faults.ts'
import { usingStorage } from '../open-storage.ts'
import { callKinds, storageCalls, type CallKind } from '../storage-calls.ts'

const inTheMiddleMs = 30

export function misbehavingServer(faults: StorageFaults): StandaloneGroup {
  // Short deadlines are to be spent on the server, and not on loading an SDK.
  let warmedUp: Promise<void> | undefined
  const warm = (): Promise<void> => (warmedUp ??= warmUp(faults))

  return {
    name: 'a server that misbehaves',
    declare(check) {
      for (const faultCase of faultCases(faults)) {
        const { name, calls, codes } = faultCase
        check(`${name}: ${subject(calls)} with ${codes.join(' or ')}`, async () => {
          await warm()
          const { problems } = await runFaultCase(faultCase, faults)
          assert.deepEqual(problems, [])
        })

        if (!faultCase.hangs) continue
        check(`${name}: an aborted call rejects with the reason, and closes its connection`, async () => {
          await warm()
          await abortInTheMiddle(faultCase, faults)
        })
      }
    },
  }
}

function subject(calls: readonly CallKind[]): string {
  if (calls.length === callKinds.length) return 'every call rejects'
  return `${calls.join(' and ')} ${calls.length === 1 ? 'rejects' : 'reject'}`
}

async function abortInTheMiddle(faultCase: FaultCase, faults: StorageFaults): Promise<void> {
  const server = await faultCase.start()
  const { host, port } = server
  try {
    await usingStorage(
      () => faults.open({ host, port, timeoutMs: longTimeoutMs }),
      async (adapter) => {
        const controller = new AbortController()
        const reason = new Error('aborted in the middle')
        const ends = faultCase.calls.map((call) => endOf(storageCalls[call](adapter, { signal: controller.signal })))
        await eventually(() => (server.connections() ?? 0) > 0, toleranceMs)
        await wait(inTheMiddleMs)
        controller.abort(reason)
        for (const error of await Promise.all(ends)) {
          // What has come may have been enough to refuse it.
          const earlier =
            StorageError.isInstance(error) && error.code !== 'timeout' && faultCase.codes.includes(error.code)
          assert.ok(error === reason || earlier, `a call ended with ${String(error)} instead of the signal's reason`)
        }
        if (faults.protocol === 'tcp') return
        assert.ok(await eventually(() => server.openConnections() === 0, toleranceMs), 'a connection stayed open')
      },
    )
  } finally {
    await server.stop()
  }
}

/** What a call rejected with; a word for what is no error. */
async function endOf(call: Promise<unknown>): Promise<unknown> {
  const gaveUp = new AbortController()
  const late = wait(toleranceMs, 'no end', { signal: gaveUp.signal })
  const settled = call.then(
    () => 'success',
    (error: unknown) => error,
  )
  const end: unknown = await Promise.race([settled, late.catch(() => undefined)])
  gaveUp.abort()
  return end
}

async function warmUp(faults: StorageFaults): Promise<void> {
  const server = await startFault('refuse')
  const open = () => faults.open({ host: server.host, port: server.port, timeoutMs: longTimeoutMs })
  await usingStorage(open, async (adapter) => {
    await adapter.get('key').catch(() => undefined)
  })
}
