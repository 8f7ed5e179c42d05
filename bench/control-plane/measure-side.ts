import { etcdSource } from '@outlast/source-etcd'
import { median } from '../quantile.ts'
import { sampleRoute } from '../snapshot/sample-route.ts'
import { openFollowers } from './followers.ts'
import type { Side } from './side.ts'

export const figureTitles = [
  'a page of 100 routes, ms',
  'one write, ms',
  'one write until 100 followers have it, ms',
  'a complete load, ms',
  'memory, MiB',
] as const

export type SideFigures = Readonly<Record<(typeof figureTitles)[number], number>>

const followerCount = 100
const repetitions = 30
const loads = 3

/** Medians, but for memory: that is what the processes have at the end. */
export async function measureSide(side: Side, size: number): Promise<SideFigures> {
  let version = 0
  const write = async (): Promise<void> => {
    version += 1
    await side.write(sampleRoute((version * 31) % size, version))
  }
  // What is compiled during the first calls would be counted as their cost.
  await repeated(10, async () => side.listPage())
  await repeated(10, write)

  const page = await repeated(repetitions, async () => side.listPage())
  const written = await repeated(repetitions, write)
  const followers = await openFollowers(side.api, followerCount)
  const followed = await repeated(repetitions, async () => {
    await Promise.all([write(), followers.haveSeen(1)])
  })
  followers.close()
  const { endpoint, prefix, token } = side.api
  const source = etcdSource({ endpoints: [endpoint], prefix, token, timeoutMs: 60_000 })
  const loaded = await repeated(loads, async () => {
    const { resources } = await source.load()
    if (resources.length !== size) throw new Error(`${String(resources.length)} routes were loaded`)
  })
  return {
    'a page of 100 routes, ms': page,
    'one write, ms': written,
    'one write until 100 followers have it, ms': followed,
    'a complete load, ms': loaded,
    'memory, MiB': await side.memoryMiB(),
  }
}

async function repeated(times: number, work: () => Promise<void>): Promise<number> {
  const took: number[] = []
  for (let run = 0; run < times; run += 1) {
    const begunAt = performance.now()
    await work()
    took.push(performance.now() - begunAt)
  }
  return median(took)
}
