import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../src/demo/eventually.ts'
import { controlPlaneSeat, type ControlPlaneSeat } from './control-plane-seat.ts'
import { exportWatch } from './export-watch.ts'
import { createWriteLedger, startWriters } from './start-writers.ts'
import { storedConfiguration } from './stored-configuration.ts'

const rounds = Number(process.env['KILLS'] ?? 20)

describe('a control plane that is killed at random moments while it is written to', () => {
  let folder: string
  let seat: ControlPlaneSeat

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-killed-cp-'))
    const fallback_cp = { cron_spec: '@every 1s', filesystem: { path: join(folder, 'backup') } }
    seat = await controlPlaneSeat({ path: join(folder, 'cp'), configuration: { fallback_cp } })
  })
  afterEach(async () => {
    await seat.process().end('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  it(
    `has every write that it acknowledged, none by half, and snapshots of what it held (${rounds} kills)`,
    { timeout: 0 },
    async () => {
      const ledger = createWriteLedger()
      const exports = exportWatch(join(folder, 'backup'))
      let highestRevision = 0
      let snapshots = 0

      const expectNothingLost = async (): Promise<void> => {
        const { revision, resources } = await storedConfiguration(seat.dataPlaneUrl)
        expect(ledger.contradictions(resources)).toEqual([])
        ledger.settle(resources)
        // What was to be deleted at once was, or was not.
        const credentials = [...resources.keys()].filter((key) => key.includes('/credentials/'))
        expect(resources.has('consumers/owner') ? [] : credentials).toEqual([])
        expect(revision).toBeGreaterThanOrEqual(highestRevision)
        highestRevision = revision
        snapshots += await exports.expectConsistent(seat.dataPlaneUrl)
      }

      for (let round = 0; round < rounds; round++) {
        // Every third is killed a first time while it starts.
        if (round % 3 === 2) {
          const starting = await seat.launch()
          await sleep(Math.random() * 400)
          await starting.end('SIGKILL')
        }
        const running = await seat.start()
        await expectNothingLost()
        const writers = startWriters(ledger, [seat.adminUrl])
        const before = ledger.acknowledged
        await eventually('writes are acknowledged', async () => ledger.acknowledged > before)
        // Every third lives until it has exported, so that there is something to compare.
        if (round % 3 === 1)
          await eventually('something is exported', async () => running.output().includes('"domain":"resources"'))
        await sleep(Math.random() * 400)
        highestRevision = Math.max(highestRevision, await seat.revision())
        await running.end('SIGKILL')
        await writers.stop()
        expect(writers.contradictions).toEqual([])
      }

      const last = await seat.start()
      await expectNothingLost()
      await eventually('the last state is exported', async () => {
        snapshots += await exports.expectConsistent(seat.dataPlaneUrl)
        return exports.hasLast((await storedConfiguration(seat.dataPlaneUrl)).resources)
      })
      await last.end('SIGTERM')
      expect(last.exitCode()).toBe(0)
      expect(ledger.acknowledged).toBeGreaterThan(rounds)
      expect(snapshots).toBeGreaterThan(rounds / 4)
      process.stdout.write(
        `${JSON.stringify({ kills: rounds, acknowledgedWrites: ledger.acknowledged, snapshots, revision: highestRevision })}\n`,
      )
    },
  )
})
