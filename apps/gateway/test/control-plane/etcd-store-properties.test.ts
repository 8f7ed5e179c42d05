import * as fc from 'fast-check'
import { startEtcd, type Etcd } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'

import {
  everything,
  keySpan,
  prefixSpan,
  type ConfigStore,
  type KeySpan,
  type StoreEvent,
  type TransactionOptions,
} from '../../src/control-plane/store/config-store.ts'
import { etcdStore } from '../../src/control-plane/store/etcd-store.ts'
import { sqliteStore } from '../../src/control-plane/store/sqlite-store.ts'
import { StoreError } from '../../src/control-plane/store/store-error.ts'
import { changesUntil, first, scratchPath } from './scratch-store.ts'

const names = ['a', 'b', 'c/1', 'c/2', 'c0']

/** Revisions and comparisons are relative to the newest revision, so that they are worth something in any history. */
type Step =
  | {
      readonly type: 'transaction'
      readonly compare: readonly { readonly name: string; readonly ago: number | 'absent' | 'now' }[]
      readonly writes: readonly (readonly [string, string | undefined])[]
    }
  | {
      readonly type: 'range'
      readonly span: KeySpan
      readonly limit: number | undefined
      readonly ago: number | undefined
      readonly sinceAgo: number | undefined
      readonly countOnly: boolean
      readonly keysOnly: boolean
    }
  | { readonly type: 'compact'; readonly ago: number }
  | { readonly type: 'watch'; readonly span: KeySpan; readonly ago: number }

const name = fc.constantFrom(...names)
const spans = (prefix: string): fc.Arbitrary<KeySpan> =>
  fc.constantFrom(prefixSpan(prefix), prefixSpan(`${prefix}c/`), ...names.map((key) => keySpan(`${prefix}${key}`)))
const ago = fc.integer({ min: -2, max: 12 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const stepsBelow = (prefix: string): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          type: fc.constant('transaction' as const),
          compare: fc.array(
            fc.record({ name, ago: fc.oneof(ago, fc.constant('absent' as const), fc.constant('now' as const)) }),
            { maxLength: 2 },
          ),
          writes: fc
            .dictionary(name, maybe(fc.json({ maxDepth: 1 })), { maxKeys: 4 })
            .map((writes) => Object.entries(writes)),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          type: fc.constant('range' as const),
          span: spans(prefix),
          limit: maybe(fc.integer({ min: 1, max: 4 })),
          ago: maybe(ago),
          sinceAgo: maybe(ago),
          countOnly: fc.boolean(),
          keysOnly: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('compact' as const), ago }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('watch' as const), span: spans(prefix), ago }) },
    ),
    { minLength: 5, maxLength: 30 },
  )

/** What a store answers, with its failures as what they are. */
async function answerOf(store: ConfigStore, prefix: string, step: Step): Promise<unknown> {
  const newest = await store.revision()
  const at = (back: number): number => Math.max(1, newest - back)
  try {
    if (step.type === 'transaction') return await store.transaction(await transactionOf(store, prefix, step, at))
    if (step.type === 'compact') return await store.compact({ revision: at(step.ago) })
    if (step.type === 'watch') return await historyOf(store, step.span, at(step.ago), newest)
    return await store.range({
      keys: step.span,
      limit: step.limit,
      revision: step.ago === undefined ? undefined : at(step.ago),
      minModRevision: step.sinceAgo === undefined ? undefined : at(step.sinceAgo),
      countOnly: step.countOnly,
      keysOnly: step.keysOnly,
    })
  } catch (error) {
    if (StoreError.isInstance(error)) return error.code
    throw error
  }
}

async function transactionOf(
  store: ConfigStore,
  prefix: string,
  { compare, writes }: Step & { readonly type: 'transaction' },
  at: (back: number) => number,
): Promise<TransactionOptions> {
  const { items } = await store.range({ keys: prefixSpan(prefix) })
  const held = new Map(items.map((item) => [item.key, item.modRevision]))
  const revisionOf = (key: string, back: number | 'absent' | 'now'): number => {
    if (back === 'absent') return 0
    return back === 'now' ? (held.get(key) ?? 0) : at(back)
  }
  return {
    compare: compare.map(({ name: named, ago: back }) => {
      const key = `${prefix}${named}`
      return { key, modRevision: revisionOf(key, back) }
    }),
    operations: writes.map(([named, value]) => {
      const key = `${prefix}${named}`
      return value === undefined ? { type: 'delete', key } : { type: 'put', key, value }
    }),
  }
}

async function historyOf(
  store: ConfigStore,
  keys: KeySpan,
  startRevision: number,
  newest: number,
): Promise<readonly StoreEvent[] | string> {
  if (startRevision > newest) return []
  // At the compacted revision itself the stores may differ: one knows what was deleted then, the other does not.
  if (!(await isReadable(store, Math.max(1, startRevision - 1)))) return 'not compared'
  return changesUntil(store, { keys, startRevision }, newest)
}

async function isReadable(store: ConfigStore, revision: number): Promise<boolean> {
  return store.range({ keys: everything, revision, countOnly: true }).then(
    () => true,
    () => false,
  )
}

describeWithServer('etcd', 'etcdStore and sqliteStore', () => {
  let etcd: Etcd

  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(async () => {
    await etcd.stop()
  })

  // STORE_RUNS=1000 for a thorough look.
  it('answer every sequence of calls alike', { timeout: 900_000 }, async () => {
    const onEtcd = etcdStore({ endpoints: [etcd.endpoint], heartbeatMs: 50 })
    const onSqlite = sqliteStore({ path: await scratchPath() })
    let runs = 0
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.nat().chain(() => {
            runs += 1
            const prefix = `/run-${runs}/`
            return fc.tuple(fc.constant(prefix), stepsBelow(prefix))
          }),
          async ([prefix, steps]) => {
            for (const step of steps) {
              const [ours, theirs] = [await answerOf(onSqlite, prefix, step), await answerOf(onEtcd, prefix, step)]
              expect(theirs).toEqual(ours)
            }
          },
        ),
        // Runs build on what those before them have left, so a smaller one than the first that fails proves nothing.
        { numRuns: Number(process.env['STORE_RUNS'] ?? 40), endOnFailure: true },
      )
      const history = async (store: ConfigStore) =>
        first(store.watch({ keys: everything, startRevision: 1, signal: new AbortController().signal }))
      expect(await history(onEtcd)).toEqual(await history(onSqlite))
    } finally {
      await onEtcd.close()
      await onSqlite.close()
    }
  })
})
