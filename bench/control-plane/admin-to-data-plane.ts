import { createDataPlane, type ConfigChange } from '@outlast/dataplane/importer'
import { entryKey } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import { median, quantile } from '../quantile.ts'
import type { FollowedApi } from './side.ts'

/** What somebody does to one resource: it is created, changed, and deleted again. */
export interface ResourceLife {
  readonly kind: string
  /** Of the entry that data planes have: `consumers/jack/credentials/key-1`. */
  readonly entry: string
  readonly put: (isChange: boolean) => Promise<void>
  readonly remove: () => Promise<void>
}

/** Milliseconds from the begin of a request until its change has taken effect in the data plane's sink. */
export interface TimeToDataPlane {
  readonly kind: string
  readonly medianMs: number
  readonly slowestMs: number
}

const waitLimitMs = 30_000

/** Lets a real data plane follow, and takes the time of each change until it is there; the requests come one by one. */
export async function measureTimeToDataPlane(
  api: FollowedApi,
  lives: readonly ResourceLife[],
  rounds: number,
): Promise<{ readonly all: TimeToDataPlane; readonly kinds: readonly TimeToDataPlane[] }> {
  const sink = awaitedSink()
  const node = createDataPlane({
    live: etcdSource({ endpoints: [api.endpoint], prefix: api.prefix, token: api.token }),
    stores: [],
    sink,
  })
  await node.start()
  try {
    const took = new Map(lives.map(({ kind }) => [kind, [] as number[]]))
    const timed = async (life: ResourceLife, request: () => Promise<void>): Promise<void> => {
      const arrived = sink.next(life.entry)
      const begunAt = performance.now()
      await request()
      took.get(life.kind)?.push((await arrived) - begunAt)
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const life of lives) {
        await timed(life, async () => life.put(false))
        await timed(life, async () => life.put(true))
        await timed(life, life.remove)
      }
    }
    const figure = (kind: string, times: readonly number[]): TimeToDataPlane => ({
      kind,
      medianMs: median(times),
      slowestMs: quantile(times, 1),
    })
    return {
      all: figure('all kinds', [...took.values()].flat()),
      kinds: [...took].map(([kind, times]) => figure(kind, times)),
    }
  } finally {
    await node.stop()
  }
}

interface AwaitedSink {
  validate: () => undefined
  apply: (change: ConfigChange) => Promise<void>
  /** When the entry changes next, as `performance.now()` tells it. */
  next: (entry: string) => Promise<number>
}

function awaitedSink(): AwaitedSink {
  const awaited = new Map<string, (at: number) => void>()
  return {
    validate: () => undefined,
    async apply({ upserted, removed }) {
      const at = performance.now()
      for (const ref of [...upserted, ...removed]) awaited.get(entryKey(ref))?.(at)
    },
    async next(entry) {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const timer = setTimeout(() => reject(new Error(`${entry} has not arrived`)), waitLimitMs)
      awaited.set(entry, resolve)
      return promise.finally(() => {
        clearTimeout(timer)
        awaited.delete(entry)
      })
    },
  }
}
