// A data plane whose sink keeps what it is given, in a process of its own; the test kills it. It starts from its disk alone,
// tells what it runs (`started <revision>`), and then follows a control plane that never stops changing: `applied
// <revision>` for every change in effect, `kept <revision>` for every local copy that is complete. `applying` it says for
// every step of a change, `writing` and `written` for every file of a local copy.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDataPlane, noteFile } from '@outlast/dataplane'
import { memorySource, snapshotStore, type Clock, type Entry } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import type { StorageAdapter } from '@outlast/storage'
import { revisionOf, wholeConfiguration } from './whole-configuration.ts'

const [folder = ''] = process.argv.slice(2)

/** Twenty times as fast, so that a kill often meets a local copy that is just being written. */
const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, { signal } = {}) => sleep(ms / 20, undefined, { signal }),
}
const say = (line: string): number => writeSync(1, `${line}\n`)

const files = fsStorage({ path: join(folder, 'snapshots') })
const local: StorageAdapter = {
  ...files,
  async put(key, bytes, options) {
    say('writing')
    const etag = await files.put(key, bytes, options)
    say('written')
    if (key.includes('/resources/manifests/')) {
      const latest = await snapshotStore({ group: 'default', resources: files, instance: files }).resources.latest()
      if (latest !== undefined) say(`kept ${latest.manifest.position.revision}`)
    }
    return etag
  },
  async delete(key, options) {
    say('writing')
    await files.delete(key, options)
    say('written')
  },
}

const inEffect = new Map<string, Entry>()
const poisonPath = join(folder, 'poison.json')
const dataPlane = createDataPlane({
  stores: [],
  local,
  poison: { note: noteFile(poisonPath) },
  returnJitterMs: 0,
  clock,
  sink: {
    validate: () => undefined,
    async apply({ upserted, removed }) {
      for (const { id } of removed) inEffect.delete(id)
      for (const entry of upserted) {
        inEffect.set(entry.id, entry)
        if (inEffect.size % 4 !== 0) continue
        // In the middle, too, there is time to be killed.
        say('applying')
        await sleep(1)
      }
      say(`applied ${revisionOf(inEffect.values())}`)
    },
  },
})

const first = memorySource({ identity: 'cp', revision: 1, ...wholeConfiguration(1) })
if (process.argv[3] === 'first') dataPlane.reconfigure({ live: first, stores: [] })
await dataPlane.start()
say(`started ${revisionOf(inEffect.values())}`)
// Until its note says that what it started with has served for a while, that would be blamed for a death.
while ((await readFile(poisonPath, 'utf8').catch(() => 'applying')).includes('applying')) await sleep(5)

let revision = revisionOf(inEffect.values()) + 1
const live = memorySource({ identity: 'cp', revision, ...wholeConfiguration(revision) })
dataPlane.reconfigure({ live, stores: [] })
say('changing')
// A process that is killed leaves no cache to the next one by itself.
flushCompileCache()
for (;;) {
  revision += 1
  live.replace(wholeConfiguration(revision))
  await sleep(5)
}
