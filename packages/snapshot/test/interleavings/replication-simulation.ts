import type { StoredObject } from '@outlast/storage'
import { openStore, pruner, reader, type Round, type Stage } from './actors.ts'
import { bucket, type Bucket } from './bucket.ts'
import { crew } from './crew.ts'
import { ledger } from './ledger.ts'
import { publisher } from './publisher.ts'
import { seededRandom } from './random.ts'
import { recordedSource } from './recorded-source.ts'
import { scheduledStorage, type Weather } from './scheduled-storage.ts'
import { scheduler, type Life } from './scheduler.ts'
import { verbatimCopy } from './verbatim-copy.ts'

export interface ReplicationOutcome {
  readonly violations: readonly string[]
  readonly schedule: readonly string[]
  /** What arrived in the replica, the last look with nothing in the way not counted. */
  readonly snapshots: number
}

const minuteMs = 60_000

/** Publishes, prunes and replicates at the same time, with failures and deaths; then replicates once more in peace. */
export async function simulateReplication(
  seed: number,
  initial: ReadonlyMap<string, StoredObject>,
): Promise<ReplicationOutcome> {
  const random = seededRandom(seed)
  const time = scheduler(random, Date.UTC(2026, 0, 1))
  const source = recordedSource('source-0', random)
  const primary = bucket(initial)
  const book = ledger(primary, [source])
  const copy = verbatimCopy(primary, book)
  const sleepMs = random.pick([0, 5 * minuteMs, 90 * minuteMs])
  const weather: Weather = {
    random,
    scheduler: time,
    faultRate: random.pick([0, 0.05, 0.2]),
    crashRate: random.pick([0, 0.02]),
    delayMs: () => (random.chance(0.03) ? random.below(sleepMs) : random.below(500)),
    network: { name: 'network', isAlive: true },
  }
  const players = crew(weather, book, () => random.below(20 * minuteMs))
  players.play({ name: 'publisher', bucket: primary, rounds: 8, begin: (stage) => publisher(stage, source) })
  players.play({ name: 'pruner', bucket: primary, rounds: 4, begin: (stage) => pruner(stage, 1 + random.below(3)) })
  players.play({
    name: 'replicator',
    bucket: primary,
    rounds: 8,
    // It dies at what it reads; what it writes is cut off by that.
    begin: (stage) => replication(stage, copy, { ...weather, crashRate: 0 }),
  })
  players.play({ name: 'reader of the copy', bucket: copy, rounds: 8, begin: reader })
  for (let round = 0; round < 8; round += 1) {
    time.later({ name: 'source', isAlive: true }, 'changes', random.below(160 * minuteMs), () => {
      source.change()
    })
  }
  await time.run(() => book.violations.length > 0)

  const snapshots = manifestsIn(copy).length
  const life: Life = { name: 'afterwards', isAlive: true }
  const calm: Weather = { ...weather, faultRate: 0, crashRate: 0, delayMs: () => 0, network: life }
  const storage = scheduledStorage(primary, life, calm)
  let isDone = false
  const last = replication({ life, storage, scheduler: time, ledger: book, delayMs: () => 0 }, copy, calm)().finally(
    () => {
      isDone = true
    },
  )
  await time.run(() => isDone)
  await last
  // Not even what was interrupted is left out: what could not be copied is no longer there.
  const lacking = manifestsIn(primary).filter((key) => !copy.objects.has(key))
  if (lacking.length > 0) book.violate(`the copy lacks ${lacking.join(', ')}`)
  return { violations: book.violations, schedule: time.schedule, snapshots }
}

function replication(stage: Stage, copy: Bucket, weather: Weather): Round {
  const { life, scheduler: time, ledger: book } = stage
  const replicator = openStore(stage).replicator(scheduledStorage(copy, life, weather))
  return async () => {
    const { status, problems } = await replicator.run()
    time.note(`${life.name}: ${status}`)
    if (status === 'diverged') book.violate(`${life.name}: the copy is ${status}`)
    // Parts may be pruned while they are copied. Anything else would be damage, and nobody has done any.
    if (problems.some(({ code }) => code !== 'not-yet')) book.violate(`${life.name}: ${JSON.stringify(problems)}`)
  }
}

function manifestsIn({ objects }: Bucket): string[] {
  return [...objects.keys()].filter((key) => key.includes('/manifests/'))
}
