/**
 * A control plane is killed and comes back, and all its data planes connect at once, having lost everything.
 * Needs `npm run build`, because the control plane is that of the real command.
 *
 *   node --conditions=@outlast/source bench/reconnect-storm.ts [--followers 1000] [--size 1000]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { fillSqlite } from './control-plane/our-sides.ts'
import { reconnectingFollower, type Meetings } from './control-plane/reconnecting-follower.ts'
import { runControlPlane } from './control-plane/running-control-plane.ts'
import { median } from './quantile.ts'
import { sampleRoute } from './snapshot/sample-route.ts'

const { values } = parseArgs({
  options: { followers: { type: 'string', default: '1000' }, size: { type: 'string', default: '1000' } },
})
const [count, size] = [Number(values.followers), Number(values.size)]
if (![count, size].every((number) => Number.isSafeInteger(number) && number >= 1)) {
  throw new TypeError('--followers and --size are whole numbers from 1 on')
}
const writeEveryMs = 50

const controlPlane = await runControlPlane({ fill: async (path) => fillSqlite(path, size) })
const meetings: Meetings = { loads: [], refused: 0 }
const followers = Array.from({ length: count }, () => reconnectingFollower(controlPlane.api, meetings))
try {
  const allServed = async (): Promise<void> => {
    await Promise.all(followers.map(async (follower) => follower.isServed()))
  }
  await allServed()
  console.log(`${String(count)} followers watch ${String(size)} routes; the control plane is killed`)
  await controlPlane.kill()
  await sleep(500)
  meetings.loads.length = 0
  meetings.refused = 0
  await controlPlane.start()
  const backAt = performance.now()
  let isOver = false
  const writing = writeUntil(() => isOver)
  await allServed()
  const servedMs = performance.now() - backAt
  isOver = true
  const writes = await writing
  const figures = {
    'complete loads in the busiest second': busiestSecond(meetings.loads),
    'told to come again later': meetings.refused,
    'until everybody was served, ms': Math.round(servedMs),
    'one write meanwhile, median ms': Math.round(median(writes) * 10) / 10,
    'one write meanwhile, slowest ms': Math.round(Math.max(...writes) * 10) / 10,
    writes: writes.length,
  }
  for (const [title, figure] of Object.entries(figures)) console.log(title.padEnd(46) + String(figure).padStart(10))
  console.log(`\n${JSON.stringify({ bench: 'reconnect-storm', followers: count, size, figures })}`)
} finally {
  for (const follower of followers) follower.close()
  await controlPlane.stop()
}

async function writeUntil(isOver: () => boolean): Promise<readonly number[]> {
  const took: number[] = []
  for (let version = 1; !isOver(); version += 1) {
    const begunAt = performance.now()
    await controlPlane.write(sampleRoute(version % size, version))
    took.push(performance.now() - begunAt)
    await sleep(writeEveryMs)
  }
  return took
}

/** The most that lie within one second, wherever it begins. */
function busiestSecond(times: readonly number[]): number {
  return Math.max(0, ...times.map((start) => times.filter((time) => time >= start && time < start + 1_000).length))
}
