// A data plane whose sink lets the process die as soon as it is given what it cannot bear, in a process of its own. It has
// nothing but a store in a folder, and tells its status twice a second. Arguments: folder, build, and how many minutes its
// clock is ahead.
import { join } from 'node:path'
import { writeSync } from 'node:fs'
import { createDataPlane, noteFile, type DataPlaneStatus } from '@outlast/dataplane'
import { snapshotStore, systemClock, type Clock } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'

const [folder = '', build = '', minutesAhead = '0'] = process.argv.slice(2)

/** What a process tells of itself. */
export interface PoisonedLine {
  readonly revision: number | undefined
  readonly served: boolean
  readonly poisoned: DataPlaneStatus['poisoned']
}

const clock: Clock = { ...systemClock, now: () => Date.now() + Number(minutesAhead) * 60_000 }
const bucket = fsStorage({ path: join(folder, 'bucket') })
let appliedAt = Infinity
const dataPlane = createDataPlane({
  stores: [snapshotStore({ group: 'default', resources: bucket, instance: bucket })],
  local: fsStorage({ path: join(folder, 'snapshots') }),
  poison: { note: noteFile(join(folder, 'poison.json')), build },
  pollIntervalMs: 200,
  clock,
  sink: {
    validate: () => undefined,
    async apply({ upserted }) {
      // As a native crash or the system's OOM killer would: no handler of this process runs.
      if (upserted.some(({ value }) => value === 'deadly')) process.kill(process.pid, 'SIGKILL')
      appliedAt = Date.now()
    },
  },
})
await dataPlane.start()
setInterval(() => {
  const { position, poisoned } = dataPlane.status()
  // A little longer than the second after which a configuration counts as served.
  const line: PoisonedLine = { revision: position?.revision, served: Date.now() - appliedAt > 1_300, poisoned }
  writeSync(1, `${JSON.stringify(line)}\n`)
}, 100)
