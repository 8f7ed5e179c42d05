import { setTimeout as wait } from 'node:timers/promises'

import type { StorageAdapter } from '@outlast/storage'

import { expectCode, expectObject } from '../expectations.ts'
import { sampleBytes, text } from '../sample-bytes.ts'
import { brokenCodes, recover, type NetworkCheck } from './network-check.ts'

const objectBytes = 2 ** 20
const old = text('old')
const fresh = sampleBytes(objectBytes)

/** Writes whose outcome the client cannot know. */
export const writes: readonly NetworkCheck[] = [
  {
    name: 'takes no write for done whose answer is lost',
    async body(adapter, proxy) {
      await adapter.put('key', old)
      for (const fault of [{ resetAfterBytes: 0 }, { cutAfterBytes: 0 }]) {
        await proxy.set(fault)
        await expectCode(adapter.put('key', fresh), ...brokenCodes)
        await proxy.set(fault)
        await expectCode(adapter.delete('other'), ...brokenCodes)
        await recover(adapter, proxy)
        await expectOldOrFresh(adapter)
      }
    },
  },
  {
    name: 'leaves the old object or the new one when a write breaks off in the middle',
    async body(adapter, proxy) {
      await adapter.put('key', old)
      for (const ending of ['reset', 'cut'] as const) {
        await proxy.set({ bytesPerSecond: objectBytes })
        const written = expectCode(adapter.put('key', fresh), ...brokenCodes)
        await wait(200)
        await proxy.set(ending)
        await written
        await recover(adapter, proxy)
        await expectOldOrFresh(adapter)
      }
    },
  },
]

/** With `ifAbsent`, where the adapter declares it. */
export const creations: readonly NetworkCheck[] = [
  {
    name: 'tells no creator that it has lost who may have won, when the answer is lost once',
    async body(adapter, proxy) {
      await proxy.set({ resetAfterBytes: 0, once: true })
      const created = adapter.put('key', fresh, { ifAbsent: true })
      // An SDK that tries again by itself is told "exists" of its own object.
      const error: unknown = await created.catch((reason: unknown) => reason)
      if (typeof error !== 'string') await expectCode(created, ...brokenCodes, 'conflict')
      await recover(adapter, proxy)
      const object = await adapter.get('key')
      if (object !== undefined || typeof error === 'string') expectObject(object, fresh)
    },
  },
]

async function expectOldOrFresh(adapter: StorageAdapter): Promise<void> {
  const object = await adapter.get('key')
  expectObject(object, object?.bytes.length === old.length ? old : fresh)
}
