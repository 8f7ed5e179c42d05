import { collectGarbage } from '../collect-garbage.ts'

type Work = (index: number) => Promise<void>

/** Of one operation, over one round. */
export interface Cost {
  /** User and system, all threads of this process. */
  readonly cpuMicroseconds: number
  readonly wallMicroseconds: number
}

export interface Round {
  readonly ours: Cost
  readonly bare: Cost | undefined
}

export interface MeasureOptions {
  readonly ours: Work
  readonly bare: Work | undefined
  readonly concurrency: number
  readonly rounds: number
  /** How long one side's round takes, about. */
  readonly roundMs: number
}

/**
 * Both sides in turns, the same number of operations each, and who begins alternates: what else the machine does, and
 * what it is clocked at, comes to both.
 */
export async function measureRounds(options: MeasureOptions): Promise<readonly Round[]> {
  const { ours, bare, concurrency, rounds, roundMs } = options
  const count = await operationsIn(roundMs, bare ?? ours, concurrency)
  await run(ours, count, concurrency)
  const results: Round[] = []
  for (let round = 0; round < rounds; round += 1) {
    if (bare === undefined) {
      results.push({ ours: await run(ours, count, concurrency), bare: undefined })
    } else if (round % 2 === 0) {
      results.push({ ours: await run(ours, count, concurrency), bare: await run(bare, count, concurrency) })
    } else {
      const first = await run(bare, count, concurrency)
      results.push({ ours: await run(ours, count, concurrency), bare: first })
    }
  }
  return results
}

/** How many operations fill a round; as a by-product, the code is compiled and the connections are open. */
async function operationsIn(roundMs: number, work: Work, concurrency: number): Promise<number> {
  await run(work, concurrency, concurrency)
  const { wallMicroseconds } = await run(work, concurrency * 4, concurrency)
  return Math.ceil((roundMs * 1000) / wallMicroseconds / concurrency) * concurrency
}

async function run(work: Work, count: number, concurrency: number): Promise<Cost> {
  collectGarbage()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      await work(index)
    }
  }
  const cpu = process.cpuUsage()
  const begunAt = performance.now()
  await Promise.all(Array.from({ length: concurrency }, worker))
  const wallMicroseconds = ((performance.now() - begunAt) * 1000) / count
  const { user, system } = process.cpuUsage(cpu)
  return { cpuMicroseconds: (user + system) / count, wallMicroseconds }
}
