/** One node of the bench, as a process of its own; prints a `NodeReport`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDataPlane, createProxy, createRouter, type ConfigSink, type Router } from '@outlast/dataplane'
import { etcdSource, etcdWriter } from '@outlast/source-etcd'
import { fsStorage } from '@outlast/storage-fs'
import { median } from '../quantile.ts'
import { retainedMiB } from '../snapshot/measure.ts'
import { sampleRoute } from '../snapshot/sample-route.ts'

/** What one process saw. Pauses are the longest of its event loop, timers' own millisecond included. */
export interface NodeReport {
  readonly importMs: number
  /** Of all threads; what other processes of the machine do lengthens it less than the time. */
  readonly importCpuMs: number
  readonly importPauseMs: number
  readonly changeMs: number
  readonly changePauseMs: number
  /** Reachable after a collection, less what was before the import. */
  readonly keptMiB: number
  readonly configurationMiB: number
}

interface FollowingNode {
  /** Resolves when everything is in effect. */
  start(): Promise<void>
  /** Resolves when a change that is made now is in effect. */
  nextChange(): Promise<void>
  /** Resolves when what follows in the background has ended too. */
  settled(): Promise<void>
  stop(): Promise<void>
}

const changes = 7
const settleLimitMs = 180_000

const [, , sinkName, way, endpoint = '', sizeText] = process.argv
const size = Number(sizeText)
const options = { endpoints: [endpoint], prefix: '/apisix', timeoutMs: 60_000 }
const source = etcdSource(options)
const writer = etcdWriter(options)
const folder = await mkdtemp(join(tmpdir(), 'outlast-bench-'))
const pause = monitorEventLoopDelay({ resolution: 1 })

try {
  await warmUp()
  const keptBefore = await retainedMiB()
  const node = way === 'ours' ? ourNode() : peerNode()
  await quiet()
  const begunAt = performance.now()
  const usedBefore = process.cpuUsage()
  await node.start()
  const importMs = performance.now() - begunAt
  const { user, system } = process.cpuUsage(usedBefore)
  await node.settled()
  const importPauseMs = longestPauseMs()
  const keptMiB = (await retainedMiB()) - keptBefore
  const times: number[] = []
  const pauses: number[] = []
  for (let change = 1; change <= changes; change += 1) {
    await quiet()
    const applied = node.nextChange()
    const sentAt = performance.now()
    const entry = sampleRoute((change * 31) % size, Date.now())
    await Promise.all([writer.write([{ type: 'replace', entry }], { since: Number.MAX_SAFE_INTEGER - 1 }), applied])
    times.push(performance.now() - sentAt)
    await node.settled()
    pauses.push(longestPauseMs())
  }
  await node.stop()
  const report: NodeReport = {
    importMs,
    importCpuMs: (user + system) / 1000,
    importPauseMs,
    changeMs: median(times),
    changePauseMs: Math.max(...pauses),
    keptMiB,
    configurationMiB: configurationMiB(),
  }
  console.log(JSON.stringify(report))
} finally {
  await rm(folder, { recursive: true, force: true })
}

function ourNode(): FollowingNode {
  const local = fsStorage({ path: join(folder, 'local') })
  let applied = Promise.withResolvers<void>()
  const sink: ConfigSink =
    sinkName === 'proxy' ? createProxy() : { validate: () => undefined, apply: () => Promise.resolve() }
  const told: ConfigSink = {
    validate: (entry) => sink.validate(entry),
    async apply(change) {
      await sink.apply(change)
      applied.resolve()
    },
  }
  const dataPlane = createDataPlane({ live: source, stores: [], local, sink: told })
  let savedBefore: number | undefined
  return {
    start: async () => dataPlane.start(),
    async nextChange() {
      savedBefore = Date.now()
      applied = Promise.withResolvers()
      await applied.promise
    },
    async settled() {
      const endAt = Date.now() + settleLimitMs
      for (;;) {
        const { lastSuccessAt = 0, lastAttemptAt = 0 } = dataPlane.status().sources.local ?? {}
        // The first attempt is the reading at the start.
        if (lastAttemptAt > (savedBefore ?? 0) && lastSuccessAt >= lastAttemptAt && (await holdsSnapshot(local))) return
        if (Date.now() > endAt) throw new Error('the local copy was not written')
        await sleep(20)
      }
    },
    stop: async () => dataPlane.stop(),
  }
}

async function holdsSnapshot(local: ReturnType<typeof fsStorage>): Promise<boolean> {
  const { done } = await local.list('groups/default/resources/head.json', { limit: 1 })[Symbol.asyncIterator]().next()
  return done !== true
}

/** It is told of changes at once, where peers ask at an interval. */
function peerNode(): FollowingNode {
  const routers: Router[] = []
  const load = async (): Promise<void> => {
    const { resources } = await source.load()
    const routes = resources.map(({ id, value }) => {
      const fields: object = JSON.parse(JSON.stringify(value))
      return { ...fields, id }
    })
    routers.splice(0, 1, createRouter({ routes }))
  }
  return {
    start: load,
    // Its loading begins when the change is committed.
    async nextChange() {
      await sleep(5)
      await load()
    },
    settled: async () => sleep(5),
    stop: async () => sleep(0),
  }
}

/** What is compiled during the first run would be counted as its cost. */
async function warmUp(): Promise<void> {
  const sink = createProxy()
  const entries = Array.from({ length: 2_000 }, (_none, index) => sampleRoute(index))
  for (const entry of entries) sink.validate(entry)
  const version = { position: { epoch: 1, revision: 1 }, digest: 'sha256:0' }
  await sink.apply({ upserted: entries, removed: [], version })
  await sink.close()
}

async function quiet(): Promise<void> {
  await sleep(300)
  pause.enable()
  pause.reset()
}

function longestPauseMs(): number {
  pause.disable()
  return pause.max / 1e6
}

function configurationMiB(): number {
  let bytes = 0
  for (let index = 0; index < size; index += 1) bytes += JSON.stringify(sampleRoute(index)).length
  return bytes / 2 ** 20
}
