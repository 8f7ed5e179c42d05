import { median } from '../quantile.ts'

/** What both sides are asked to do, with a real etcd and a real store. */
export const operations = ['first export', 'one change', 'unchanged tick'] as const
export type Operation = (typeof operations)[number]

/** Medians over all repetitions. */
export interface Measurement {
  readonly timeMs: number
  /** User and system, all threads of this process; those of etcd and the store are not in it. */
  readonly cpuMs: number
  readonly bytesPut: number
}

export type Side = Readonly<Record<Operation, Measurement>>

/** Runs `work` that many times; `prepare` is not measured. `work` may tell a time of its own. */
export async function measure(options: {
  readonly repetitions: number
  readonly bytesPut: () => number
  readonly prepare?: (() => Promise<unknown>) | undefined
  readonly work: () => Promise<number | undefined>
}): Promise<Measurement> {
  const { repetitions, bytesPut, prepare, work } = options
  const runs: Measurement[] = []
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    await prepare?.()
    const bytesBefore = bytesPut()
    const cpu = process.cpuUsage()
    const begunAt = performance.now()
    const timeMs = (await work()) ?? performance.now() - begunAt
    const { user, system } = process.cpuUsage(cpu)
    runs.push({ timeMs, cpuMs: (user + system) / 1000, bytesPut: bytesPut() - bytesBefore })
  }
  return {
    timeMs: median(runs.map((run) => run.timeMs)),
    cpuMs: median(runs.map((run) => run.cpuMs)),
    bytesPut: median(runs.map((run) => run.bytesPut)),
  }
}
