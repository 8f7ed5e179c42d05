import type { StorageAdapter, StoredObject } from '@outlast/storage'
import { openStore, pruner, reader, type Round, type Stage } from './actors.ts'
import { bucket, type Bucket } from './bucket.ts'
import { crew } from './crew.ts'
import { ledger, type Ledger } from './ledger.ts'
import { publisher, type PublisherOptions } from './publisher.ts'
import { seededRandom, type Random } from './random.ts'
import { recordedSource, type RecordedSource } from './recorded-source.ts'
import { scheduledStorage, type Weather } from './scheduled-storage.ts'
import { scheduler, type Life, type Scheduler } from './scheduler.ts'

/** Rules that can be broken, to see that it shows. */
export interface Rules {
  readonly publisherStorage?: ((storage: StorageAdapter, bucket: Bucket) => StorageAdapter) | undefined
  readonly publisher?: PublisherOptions | undefined
  readonly pruner?: ((stage: Stage, keep: number) => Round) | undefined
  /** Makes likely what the rule is there for: long pauses, publishers that fall asleep there, content that comes back. */
  readonly provoke?:
    | {
        readonly stall: string
        readonly revertRate?: number | undefined
        /** One source is started anew from the backup, at a lower revision, and all publishers follow it. */
        readonly restores?: boolean | undefined
      }
    | undefined
}

export interface Outcome {
  readonly violations: readonly string[]
  readonly schedule: readonly string[]
  readonly statistics: Ledger['statistics']
}

const minuteMs = 60_000
const startedAt = Date.UTC(2026, 0, 1)

/** The bucket that every schedule begins with: one snapshot, a day old, with a fan-out of four. */
export async function firstBucket(): Promise<ReadonlyMap<string, StoredObject>> {
  const random = seededRandom(0)
  const time = scheduler(random, startedAt - 24 * 60 * minuteMs)
  const filled = bucket()
  await calmly(filled, time, random, async (storage) => {
    const entries = recordedSource('source-0', random).state().resources
    const draft = { entries, position: { epoch: 1, revision: 1 }, source: { identity: 'source-0' } }
    await (await openStore({ storage, scheduler: time }).begin()).publish(draft)
  })
  return filled.objects
}

/** Plays the schedule of a seed to its end, or until a promise is broken. The same seed gives the same schedule. */
export async function simulate(
  seed: number,
  initial: ReadonlyMap<string, StoredObject>,
  rules: Rules = {},
): Promise<Outcome> {
  const random = seededRandom(seed)
  const time = scheduler(random, startedAt)
  const restores = rules.provoke?.restores ?? false
  const sources = ['source-0', 'source-1']
    .slice(0, restores || random.chance(0.7) ? 1 : 2)
    .map((name) => recordedSource(name, random, rules.provoke?.revertRate))
  const primary = bucket(initial)
  const book = ledger(primary, sources)
  const weather = weatherOf(random, time, rules.provoke?.stall)
  const thinkLimitMs = rules.provoke === undefined ? random.pick([1, 5 * minuteMs, 40 * minuteMs]) : 40 * minuteMs
  const players = crew(weather, book, () => random.below(thinkLimitMs))

  for (const [index, name] of ['A', 'B', 'C'].slice(0, restores ? 3 : 1 + random.below(3)).entries()) {
    const source = sources[index % sources.length]
    if (source === undefined) continue
    const follows = random.chance(0.5)
    players.play({
      name: `publisher ${name}`,
      bucket: primary,
      rounds: 4,
      begin: (stage) => publisher(stage, source, { follows, keepsSet: name !== 'B', ...rules.publisher }),
      wrap: rules.publisherStorage,
    })
  }
  const keep = 1 + random.below(2)
  players.play({ name: 'pruner', bucket: primary, rounds: 5, begin: (stage) => (rules.pruner ?? pruner)(stage, keep) })
  players.play({ name: 'reader', bucket: primary, rounds: 6, begin: reader })
  if (random.chance(0.3)) {
    players.play({ name: 'reader of the replica', bucket: replicaOf(primary, weather), rounds: 6, begin: reader })
  }
  for (const source of sources) {
    const nextMs = (): number => random.below(thinkLimitMs)
    change(source, 8, { scheduler: time, nextMs })
    if (restores || random.chance(0.3)) startAnew(source, { book, scheduler: time, random, nextMs, restores })
  }
  if (random.chance(0.2)) {
    time.later({ name: 'operator', isAlive: true }, 'wipes the bucket', random.below(thinkLimitMs * 4), () => {
      // What is in flight across a wipe would be committed to a store that it was not made for.
      players.kill('publisher')
      players.kill('pruner')
      weather.network.isAlive = false
      weather.network = { name: 'network', isAlive: true }
      book.wiped()
      for (const key of primary.objects.keys()) primary.delete(key)
    })
  }

  await time.run(() => book.violations.length > 0)
  const [source] = sources
  if (book.violations.length === 0 && source !== undefined)
    await checkAfterwards({ primary, book, time, random, source })
  return { violations: book.violations, schedule: time.schedule, statistics: book.statistics }
}

/** However it went: the next publisher gets its content in, unless it rightly holds it, and the next reader gets it out. */
async function checkAfterwards(options: {
  readonly primary: Bucket
  readonly book: Ledger
  readonly time: Scheduler
  readonly random: Random
  readonly source: RecordedSource
}): Promise<void> {
  const { primary, book, time, random, source } = options
  await calmly(primary, time, random, async (storage, life) => {
    const stage: Stage = { life, storage, scheduler: time, ledger: book, delayMs: () => 0 }
    const { holds } = book.statistics
    await publisher(stage, source)()
    const isHeld = book.statistics.holds > holds
    await pruner(stage, 1)()
    await reader(stage)()
    const { revision } = source.state()
    const newest = book.newest()
    if (!isHeld && (newest?.source.identity !== source.identity || newest.position.revision > revision)) {
      book.violate('the newest snapshot is not the last publisher’s')
    }
  })
}

/** One actor alone, to whom nothing happens. */
async function calmly(
  place: Bucket,
  time: Scheduler,
  random: Random,
  work: (storage: StorageAdapter, life: Life) => Promise<void>,
): Promise<void> {
  const life = { name: 'afterwards', isAlive: true }
  const weather: Weather = { random, scheduler: time, faultRate: 0, crashRate: 0, delayMs: () => 0, network: life }
  let isDone = false
  const done = work(scheduledStorage(place, life, weather), life).finally(() => {
    isDone = true
  })
  await time.run(() => isDone)
  await done
}

function weatherOf(random: Random, time: Scheduler, provoked?: string): Weather {
  const longestMs = provoked === undefined ? random.pick([0, 5 * minuteMs, 200 * minuteMs]) : 200 * minuteMs
  const sleepRate = random.pick([0.01, 0.05])
  // Where sleep comes more often than elsewhere.
  const stall =
    provoked ?? random.pick(['nowhere', 'put manifests', 'put parts', 'asks', 'list', 'delete', 'get', 'put head'])
  return {
    random,
    scheduler: time,
    faultRate: random.pick([0, 0.02, 0.1]),
    crashRate: random.pick([0, 0.01, 0.03]),
    delayMs: (label) => {
      const isSleep = random.chance(label.startsWith(stall) ? 0.3 : sleepRate)
      return isSleep ? random.below(longestMs) : random.below(3) * random.below(300)
    },
    network: { name: 'network', isAlive: true },
  }
}

function change(
  source: RecordedSource,
  left: number,
  options: { readonly scheduler: Scheduler; readonly nextMs: () => number },
): void {
  if (left === 0) return
  options.scheduler.later({ name: source.identity, isAlive: true }, 'changes', options.nextMs(), () => {
    source.change()
    change(source, left - 1, options)
  })
}

/**
 * Wipes a source and fills it again, with what the backup holds or with something else, at a lower or higher revision
 * than before. Sometimes somebody notices, and puts its past back.
 */
function startAnew(
  source: RecordedSource,
  options: {
    readonly book: Ledger
    readonly scheduler: Scheduler
    readonly random: Random
    readonly nextMs: () => number
    readonly restores: boolean
  },
): void {
  const { book, scheduler: time, random, nextMs, restores } = options
  const operator = { name: `operator of ${source.identity}`, isAlive: true }
  time.later(operator, 'starts the source anew', nextMs() + nextMs(), () => {
    const backup = book.newestEntries()
    const entries = (restores || random.chance(0.5)) && backup.length > 0 ? backup : source.newEntries()
    source.startAnew(entries, Math.max(1, source.state().revision - 4 + random.below(restores ? 4 : 8)))
    if (random.chance(0.5)) return
    time.later(operator, 'puts the past of the source back', nextMs() + nextMs(), () => {
      source.restore()
    })
  })
}

/** Another bucket to which every object makes its own way: manifests often come before their parts. */
function replicaOf(primary: Bucket, weather: Weather): Bucket {
  const replica = bucket(primary.objects)
  const courier = { name: 'replication', isAlive: true }
  primary.listeners.push(({ key }) => {
    weather.scheduler.later(courier, `takes ${key.split('/').slice(3).join('/')}`, weather.delayMs('takes'), () => {
      const object = primary.objects.get(key)
      if (object === undefined) replica.delete(key)
      else replica.put(key, object.bytes, false)
    })
  })
  return replica
}
