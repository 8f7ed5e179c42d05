import assert from 'node:assert/strict'

import { abortFaultCase } from '../faults/abort-fault-case.ts'
import { longTimeoutMs } from '../faults/deadlines.ts'
import { faultCases } from '../faults/fault-cases.ts'
import { startFault } from '../faults/fault-server.ts'
import { runFaultCase } from '../faults/run-fault-case.ts'
import type { StorageFaults } from '../faults/storage-faults.ts'
import { usingStorage } from '../open-storage.ts'
import { settledWithin } from '../settled-within.ts'
import type { StandaloneGroup } from '../standalone-group.ts'
import { callKinds, type CallKind } from '../storage-calls.ts'

export function misbehavingServer(faults: StorageFaults): StandaloneGroup {
  // Short deadlines are to be spent on the server, and not on loading an SDK.
  let warmedUp: Promise<void> | undefined
  const warm = (): Promise<void> => (warmedUp ??= warmUp(faults))

  return {
    name: 'a server that misbehaves',
    declare(check) {
      for (const faultCase of faultCases(faults)) {
        const { name, calls, codes } = faultCase
        check(
          `${name}: ${subject(calls)} with ${codes.join(' or ')}${faultCase.accepts ? ', or gives what is whole' : ''}`,
          async () => {
            await warm()
            const { problems } = await runFaultCase(faultCase, faults)
            assert.deepEqual(problems, [])
          },
        )

        if (!faultCase.hangs) continue
        check(`${name}: an aborted call rejects with the reason, and closes its connection`, async () => {
          await warm()
          await abortFaultCase(faultCase, faults)
        })
      }
    },
  }
}

function subject(calls: readonly CallKind[]): string {
  if (calls.length === callKinds.length) return 'every call rejects'
  return `${calls.join(' and ')} ${calls.length === 1 ? 'rejects' : 'reject'}`
}

async function warmUp(faults: StorageFaults): Promise<void> {
  const server = await startFault('refuse')
  const { host, port } = server
  await usingStorage(
    () => faults.open({ host, port, timeoutMs: longTimeoutMs }),
    async (adapter) => {
      await settledWithin(adapter.get('key'), longTimeoutMs)
    },
  )
  await server.stop()
}
