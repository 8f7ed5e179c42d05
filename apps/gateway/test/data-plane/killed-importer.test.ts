import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SnapshotError, snapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { revisionOf } from './whole-configuration.ts'

const rounds = Number(process.env['KILLS'] ?? 20)

/** When a process is killed: a moment after it has said this word so many times, since it began to change. */
interface Moment {
  readonly word: 'applying' | 'writing' | 'kept'
  readonly times: number
  readonly delayMs: number
}

interface Round {
  readonly started: number | undefined
  readonly applied: number | undefined
  readonly kept: number | undefined
  /** What it was in the middle of. */
  readonly interrupted: readonly ('apply' | 'write')[]
  readonly complaints: readonly string[]
}

describe('a data plane that is killed at random moments', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-killed-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** Runs the process until it is killed, and tells what it said until then. */
  const run = async (moment: Moment, ...flags: string[]): Promise<Round> => {
    const program = fileURLToPath(new URL('importer-process.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=@outlast/source', program, folder, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Most of what a round costs is to compile the same code again.
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'code') },
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    const said = new Map<string, number>()
    const complaints: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
    const watchdog = onSilence(() => {
      complaints.push('it said nothing for too long')
      child.kill('SIGKILL')
    })
    let isChanging = false
    let times = 0
    const interrupted = new Set<'apply' | 'write'>()
    for await (const line of createInterface({ input: child.stdout })) {
      watchdog.reset()
      const [word = '', revision = ''] = line.split(' ')
      said.set(word, Number(revision))
      if (word === 'applying') interrupted.add('apply')
      if (word === 'applied') interrupted.delete('apply')
      if (word === 'writing') interrupted.add('write')
      if (word === 'written') interrupted.delete('write')
      isChanging ||= word === 'changing'
      if (isChanging && word === moment.word) times += 1
      if (times === moment.times) void sleep(moment.delayMs).then(() => child.kill('SIGKILL'))
    }
    await ended
    watchdog.end()
    const [started, applied, kept] = ['started', 'applied', 'kept'].map((word) => said.get(word))
    return { started, applied, kept, interrupted: [...interrupted], complaints }
  }

  it(
    `always starts, on the newest configuration that its disk has, whole (${rounds} kills)`,
    // Every process has a watchdog of its own, which a busy machine does not wake.
    { timeout: 0 },
    async () => {
      // The first one is to leave something behind: without it there is nothing to start from.
      let before = await run({ word: 'kept', times: 1, delayMs: 0 }, 'first')
      expect(before).toMatchObject({ started: 1, complaints: [] })
      let known = before.kept ?? Number.NaN
      const interruptions = { apply: 0, write: 0 }
      for (let round = 0; round < rounds; round++) {
        const found = await newestOnDisk(folder)
        // What it said that is complete is still there; and nothing is there that was never in effect.
        const newest = Math.max(before.applied ?? 1, before.started ?? 1)
        assert.ok(found >= known && found <= newest, JSON.stringify({ round, known, found, newest, before }))
        const moment: Moment = {
          word: round % 2 === 0 ? 'writing' : 'applying',
          times: 1 + Math.floor(Math.random() * 30),
          delayMs: Math.random() * 5,
        }
        const now = await run(moment)
        const isNewest = now.started === found && now.complaints.length === 0
        assert.ok(isNewest, JSON.stringify({ round, moment, before, found, now }))
        for (const work of now.interrupted) interruptions[work] += 1
        known = Math.max(found, now.kept ?? 0)
        before = now
      }
      // Otherwise nothing was proved.
      expect(known).toBeGreaterThan(rounds)
      expect(interruptions.apply).toBeGreaterThan(rounds / 10)
      expect(interruptions.write).toBeGreaterThan(rounds / 10)
      process.stdout.write(`${JSON.stringify({ kills: rounds, newestRevision: known, interruptions })}\n`)
    },
  )
})

/** Revision of the newest configuration that verifies, read without any part of a data plane. */
async function newestOnDisk(folder: string): Promise<number> {
  const files = fsStorage({ path: join(folder, 'snapshots') })
  const { resources, instance } = snapshotStore({ group: 'default', resources: files, instance: files })
  const keys = await instance.latest()
  if (keys === undefined) throw new Error('there is no instance configuration on the disk')
  const { entries: metadata } = await instance.load(keys.manifest)
  for await (const manifest of resources.history()) {
    try {
      const { entries } = await resources.load(manifest)
      return revisionOf([...entries, ...metadata])
    } catch (error) {
      if (!SnapshotError.isInstance(error)) throw error
    }
  }
  throw new Error('there is nothing on the disk that verifies')
}

/**
 * Calls back when there was no `reset` for two minutes, counted in seconds that this process saw: while the machine stands
 * still, or its clock jumps, hardly any go by.
 */
function onSilence(callback: () => void): { reset(): void; end(): void } {
  const patienceSeconds = 120
  let seconds = 0
  const timer = setInterval(() => {
    seconds += 1
    if (seconds === patienceSeconds) callback()
  }, 1_000)
  return {
    reset() {
      seconds = 0
    },
    end() {
      clearInterval(timer)
    },
  }
}
