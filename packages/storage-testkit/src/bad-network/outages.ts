import assert from 'node:assert/strict'

import type { ChaosFault } from '../chaos/chaos-fault.ts'
import { collect } from '../collect.ts'
import { everyCall } from '../every-call.ts'
import { expectCode, expectObject } from '../expectations.ts'
import { insist } from '../insist.ts'
import { sampleBytes } from '../sample-bytes.ts'
import { brokenCodes, recover, recoveryMs, type NetworkCheck } from './network-check.ts'

const objectBytes = 2 ** 18
const object = sampleBytes(objectBytes)
// A deadline that a real server, too, may miss now and then.
const timeoutMs = 500

/** A server that is away for a while, or far. */
export const outages: readonly NetworkCheck[] = [
  {
    name: 'ends a read in whose answer the network falls silent, and works again afterwards',
    timeoutMs,
    async body(adapter, proxy) {
      await insist(() => adapter.put('key', object), recoveryMs)
      for (const bytes of [0, 100, objectBytes / 2]) {
        await proxy.set({ blackHoleAfterBytes: bytes })
        await expectCode(adapter.get('key'), 'timeout')
        await recover(adapter, proxy)
        expectObject(await insist(() => adapter.get('key'), recoveryMs), object)
      }
    },
  },
  outage('is silent', 'black-hole'),
  outage('is gone', 'refuse'),
  outage('resets connections', 'reset'),
  outage('closes connections', 'cut'),
  {
    name: 'gets everything right over a slow network',
    async body(adapter, proxy) {
      for (const fault of [{ delayMs: 20 }, { bytesPerSecond: 2 ** 21 }]) {
        await proxy.set(fault)
        await adapter.put('key', object)
        expectObject(await adapter.get('key'), object)
        assert.deepEqual(await collect(adapter.list('k')), ['key'])
      }
    },
  },
]

function outage(what: string, fault: ChaosFault): NetworkCheck {
  return {
    name: `fails in every call while the server ${what}, and works again afterwards`,
    timeoutMs,
    async body(adapter, proxy) {
      await proxy.set(fault)
      for (const error of await everyCall(adapter)) await expectCode(Promise.reject(error), ...brokenCodes)
      await recover(adapter, proxy)
      await insist(() => adapter.put('after', object), recoveryMs)
      expectObject(await insist(() => adapter.get('after'), recoveryMs), object)
    },
  }
}
