import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const rounds = Number(process.env['KILLS'] ?? 20)

interface Round {
  readonly started: number | undefined
  readonly applied: number | undefined
  readonly kept: number | undefined
  readonly complaints: readonly string[]
}

describe('a data plane that is killed at random moments', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-killed-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** Runs the process until `killAfterMs` after it began to change, and tells what it said until then. */
  const run = async (killAfterMs: number, ...flags: string[]): Promise<Round> => {
    const program = fileURLToPath(new URL('importer-process.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=@outlast/source', program, folder, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    const said = new Map<string, number>()
    const complaints: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
    // One that does not come up must not keep the test waiting.
    const watchdog = setTimeout(() => child.kill('SIGKILL'), 20_000)
    for await (const line of createInterface({ input: child.stdout })) {
      const [word = '', revision = ''] = line.split(' ')
      said.set(word, Number(revision))
      // The first one is to leave something behind: without it there is nothing to start from.
      if (word === (flags.includes('first') ? 'kept' : 'changing'))
        void sleep(killAfterMs).then(() => child.kill('SIGKILL'))
    }
    await ended
    clearTimeout(watchdog)
    return { started: said.get('started'), applied: said.get('applied'), kept: said.get('kept'), complaints }
  }

  it(
    `always starts, on the newest configuration that its disk has, whole (${rounds} kills)`,
    { timeout: 60_000 + rounds * 5_000 },
    async () => {
      let before = await run(300, 'first')
      expect(before).toMatchObject({ started: 1, complaints: [] })
      let keptEver = before.kept
      for (let round = 0; round < rounds; round++) {
        const killAfterMs = Math.random() * 600
        const now = await run(killAfterMs)
        // At least what was known to be on the disk; one that was complete but not yet told is as good.
        const newest = Math.max(before.applied ?? 1, before.started ?? 1)
        expect({ round, killAfterMs, before, now }).toMatchObject({
          now: { started: expect.toSatisfy((found) => found >= (keptEver ?? 1) && found <= newest), complaints: [] },
        })
        keptEver = Math.max(now.kept ?? 0, Number(now.started))
        before = now
      }
      // Otherwise nothing was proved.
      expect(keptEver).toBeGreaterThan(rounds)
    },
  )
})
