import { setTimeout } from 'node:timers/promises'
import { collectGarbage } from '../collect-garbage.ts'
import { median } from '../quantile.ts'
import type { CountingStorage } from './counting-storage.ts'

/** Medians over all repetitions. */
export interface Measurement {
  readonly timeMs: number
  /** User and system, all threads. */
  readonly cpuMs: number
  readonly bytesPut: number
  /** Resident set of the whole process afterwards, not a median. */
  readonly rssMiB: number
}

const budgetMs = 4_000
/** However long they take: a median of fewer says little. */
const leastRepetitions = 5

/** Runs `work` five times, and up to `repetitions` times within four seconds; `prepare` is not measured. */
export async function measure(options: {
  readonly storage: CountingStorage
  readonly repetitions: number
  readonly prepare?: ((repetition: number) => unknown) | undefined
  readonly work: () => Promise<unknown>
}): Promise<Measurement> {
  const { storage, repetitions, prepare, work } = options
  collectGarbage()
  const runs: Omit<Measurement, 'rssMiB'>[] = []
  const endAt = performance.now() + budgetMs
  while (runs.length < leastRepetitions || (runs.length < repetitions && performance.now() < endAt)) {
    await prepare?.(runs.length)
    storage.bytesPut = 0
    const cpu = process.cpuUsage()
    const begunAt = performance.now()
    await work()
    const timeMs = performance.now() - begunAt
    const { user, system } = process.cpuUsage(cpu)
    runs.push({ timeMs, cpuMs: (user + system) / 1000, bytesPut: storage.bytesPut })
  }
  return {
    timeMs: median(runs.map((run) => run.timeMs)),
    cpuMs: median(runs.map((run) => run.cpuMs)),
    bytesPut: median(runs.map((run) => run.bytesPut)),
    rssMiB: process.memoryUsage().rss / 2 ** 20,
  }
}

/** What is reachable, in MiB: JavaScript's heap and buffers. */
export async function retainedMiB(): Promise<number> {
  // What has just ended is let go of in later turns.
  for (let turn = 0; turn < 3; turn += 1) {
    collectGarbage()
    await setTimeout(20)
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}
