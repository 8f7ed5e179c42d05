import { entryKey, type Entry } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'
import { inBatches } from '../../../src/snapshot/restore/in-batches.ts'
import { restoreOrder } from '../../../src/snapshot/restore/restore-order.ts'
import type { TargetChange } from '../../../src/snapshot/restore/restore-target.ts'
import { everyKind } from './sample-entries.ts'

describe('the order of a restoration', () => {
  it('writes what others refer to before them, and owners before what they own', () => {
    const unknown: Entry = { kind: 'x-unknown', id: '1', value: {} }
    expect([...everyKind(), unknown].toSorted(restoreOrder).map(entryKey)).toEqual([
      'ssls/tls',
      'secrets/vault/1',
      'protos/pb',
      'upstreams/u',
      'services/a',
      'plugin_configs/p',
      'consumer_groups/cg',
      'consumers/jack',
      'consumers/jack/credentials/key-1',
      'global_rules/g',
      'plugin_metadata/http-logger',
      'x-unknown/1',
      'routes/1',
      'stream_routes/s',
    ])
  })
})

describe('the batches of a restoration', () => {
  const put = (id: string, length: number): TargetChange => ({
    type: 'create',
    entry: { kind: 'routes', id, value: 'x'.repeat(length) },
  })
  const sizes = (changes: readonly TargetChange[]) => [...inBatches(changes, 3)].map((batch) => batch.length)

  it('keep to the number of changes and to the size that a transaction may have, and leave nothing out', () => {
    expect(sizes([])).toEqual([])
    expect(sizes(Array.from({ length: 7 }, (_, index) => put(String(index), 1)))).toEqual([3, 3, 1])
    expect(sizes([put('1', 500_000), put('2', 500_000), put('3', 1)])).toEqual([1, 2])
    expect(sizes([put('1', 1), put('2', 2_000_000), put('3', 1)])).toEqual([1, 1, 1])
  })
})
