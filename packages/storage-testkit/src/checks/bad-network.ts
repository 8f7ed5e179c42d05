import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import { withPrefix } from '@outlast/storage'

import { outages } from '../bad-network/outages.ts'
import { recover, recoveryMs, type NetworkCheck } from '../bad-network/network-check.ts'
import { reads } from '../bad-network/reads.ts'
import { creations, writes } from '../bad-network/writes.ts'
import { chaosProxy } from '../chaos/chaos-proxy.ts'
import type { StandaloneGroup } from '../standalone-group.ts'
import { longTimeoutMs } from '../faults/deadlines.ts'
import type { StorageFaults } from '../faults/storage-faults.ts'
import { usingStorage } from '../open-storage.ts'
import { settledWithin } from '../settled-within.ts'

export interface BadNetworkOptions {
  readonly faults: StorageFaults
  readonly upstream: NonNullable<StorageFaults['upstream']>
  /** Whether the adapter declares create-only writes. */
  readonly createOnly: boolean
}

/** A real server, and a network in between that misbehaves. */
export function badNetwork(options: BadNetworkOptions): StandaloneGroup {
  return {
    name: 'a network that misbehaves',
    declare(check) {
      for (const networkCheck of [...reads, ...writes, ...(options.createOnly ? creations : []), ...outages]) {
        check(networkCheck.name, () => run(networkCheck, options))
      }
    },
  }
}

async function run(check: NetworkCheck, { faults, upstream }: BadNetworkOptions): Promise<void> {
  const proxy = await chaosProxy({ upstream: typeof upstream === 'function' ? upstream() : upstream })
  const { host, port } = proxy
  const { timeoutMs = longTimeoutMs } = check
  try {
    await usingStorage(
      () => faults.open({ host, port, timeoutMs }),
      async (adapter) => {
        // Others may share the bucket, and a client may need a while for its first connection.
        const own = withPrefix(adapter, `network-${randomUUID()}`)
        await recover(own, proxy)
        const end = await settledWithin(check.body(own, proxy), recoveryMs + longTimeoutMs)
        if (end.status === 'rejected') throw end.reason
        assert.equal(end.status, 'fulfilled', 'a call did not end')
      },
    )
  } finally {
    await proxy.stop()
  }
}
