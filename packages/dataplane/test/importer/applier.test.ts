import { type Entry } from '@outlast/snapshot'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Applier } from '../../src/importer/applier.ts'
import type { ConfigChange, ConfigSink } from '../../src/importer/config-sink.ts'
import { contentOf } from '../../src/importer/content.ts'

const position = { epoch: 1, revision: 1 }
const bad = 0

/** Takes every route but those of value 0, and remembers what is in effect. */
class RecordingSink implements ConfigSink {
  readonly values = new Map<string, unknown>()
  readonly changes: ConfigChange[] = []
  refuses = false

  validate({ value }: Entry): string | undefined {
    return value === bad ? 'is zero' : undefined
  }

  async apply(change: ConfigChange): Promise<void> {
    if (this.refuses) throw new Error('not now')
    this.changes.push(change)
    for (const { id } of change.removed) this.values.delete(id)
    for (const { id, value } of change.upserted) this.values.set(id, value)
  }
}

const content = async (values: Readonly<Record<string, number>>) =>
  contentOf({
    resources: Object.entries(values).map(([id, value]) => ({ kind: 'routes', id, value })),
    instance: [],
  })

describe('the applier', () => {
  it('keeps the last good version of what cannot be used, through any sequence of configurations', async () => {
    const step = fc.record({
      values: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(2), { maxKeys: 4 }),
      refuses: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const sink = new RecordingSink()
        const applier = new Applier(sink)
        let expected: Readonly<Record<string, number>> = {}
        let quarantined: string[] = []
        for (const { values, refuses } of steps) {
          sink.refuses = refuses
          const applying = applier.apply(await content(values), position)
          const isRefused = await applying.then(
            () => false,
            () => true,
          )
          // Nothing has changed then.
          if (!isRefused) expected = withLastGood(values, expected)
          if (!isRefused) quarantined = Object.keys(values).filter((id) => values[id] === bad)
          expect(Object.fromEntries(sink.values)).toEqual(expected)
          expect(applier.quarantined.map(({ id }) => id).toSorted()).toEqual(quarantined.toSorted())
        }
      }),
    )
  })

  it('hands the sink only what differs, and nothing when all is equal', async () => {
    const sink = new RecordingSink()
    const applier = new Applier(sink)
    await applier.apply(await content({ a: 1, b: 1, c: 1 }), position)
    expect(await applier.apply(await content({ c: 1, b: 1, a: 1 }), position)).toBe(false)
    expect(await applier.apply(await content({ a: 1, b: 2 }), position)).toBe(true)
    expect(sink.changes).toHaveLength(2)
    expect(sink.changes[1]).toMatchObject({
      upserted: [{ kind: 'routes', id: 'b', value: 2 }],
      removed: [{ kind: 'routes', id: 'c' }],
    })
  })
})

function withLastGood(
  values: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([id, value]) => {
      const kept = value === bad ? before[id] : value
      return kept === undefined ? [] : [[id, kept]]
    }),
  )
}
