import assert from 'node:assert/strict'

import type { ChaosFault } from '../chaos/chaos-fault.ts'
import { collect } from '../collect.ts'
import { expectCode, expectObject } from '../expectations.ts'
import { sampleBytes, text } from '../sample-bytes.ts'
import { brokenCodes, recover, type NetworkCheck } from './network-check.ts'

const objectBytes = 2 ** 20
const keys = Array.from({ length: 100 }, (_value, index) => `list/${index}`.padEnd(20, '-')).sort()

/** Reads whose true answer breaks off: in its head, and at several places of its body. */
export const reads: readonly NetworkCheck[] = [
  ...breakingOff('closed', (bytes) => ({ cutAfterBytes: bytes })),
  ...breakingOff('reset', (bytes) => ({ resetAfterBytes: bytes })),
]

function breakingOff(ending: string, faultAfter: (bytes: number) => ChaosFault): NetworkCheck[] {
  return [
    {
      name: `gives no part of an object when the connection is ${ending}`,
      async body(adapter, proxy) {
        await adapter.put('key', sampleBytes(objectBytes))
        for (const bytes of [1, 100, 1_000, 10_000, objectBytes / 2, objectBytes - 1]) {
          await proxy.set(faultAfter(bytes))
          await expectCode(adapter.get('key'), ...brokenCodes)
          await recover(adapter, proxy)
        }
        expectObject(await adapter.get('key'), sampleBytes(objectBytes))
      },
    },
    {
      name: `gives no part of a listing as all of it when the connection is ${ending}`,
      async body(adapter, proxy) {
        await Promise.all(keys.map((key) => adapter.put(key, text(key))))
        for (const bytes of [1, 100, 1_000, 2_000]) {
          await proxy.set(faultAfter(bytes))
          await expectCode(collect(adapter.list('list/')), ...brokenCodes)
          await recover(adapter, proxy)
        }
        assert.deepEqual(await collect(adapter.list('list/')), keys)
      },
    },
  ]
}
