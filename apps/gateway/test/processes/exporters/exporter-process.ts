import { createExporter } from '@outlast/exporter'
import { snapshotStore } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import { fsStorage } from '@outlast/storage-fs'
import { numberedSource } from './numbered-source.ts'

// An exporter as a process of its own. It freezes itself (SIGSTOP) once, where and at which revision it is told to, and
// writes a line for every cycle that has ended.
const [path = '', file = '', everyMs = '', freezeWhen = 'never', freezeAt = '0'] = process.argv.slice(2)

let isFrozenOnce = false
let revision = 0
const freeze = (when: string): void => {
  if (when !== freezeWhen || revision < Number(freezeAt) || isFrozenOnce) return
  isFrozenOnce = true
  process.kill(process.pid, 'SIGSTOP')
}

const numbered = numberedSource(file)
const source = {
  ...numbered,
  load: async () => {
    const state = await numbered.load()
    ;({ revision } = state)
    freeze('before-it-commits')
    return state
  },
}

const plain = fsStorage({ path })
const freezing: StorageAdapter = {
  ...plain,
  put: async (key, bytes, options) => {
    const etag = await plain.put(key, bytes, options)
    if (key.includes('/parts/')) freeze('while-it-uploads')
    return etag
  },
}

const exporter = createExporter({
  store: snapshotStore({ group: 'default', resources: freezing, instance: fsStorage({ path }) }),
  source,
  schedule: { everyMs: Number(everyMs) },
  onCycle: ({ outcome }) => {
    const { domains, counters } = exporter.status()
    const line = { outcome, revision: domains.resources.revision, lostRaces: counters.lostRaces }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  },
})
process.once('SIGTERM', () => void exporter.stop())
await exporter.start()
