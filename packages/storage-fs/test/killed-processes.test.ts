import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { fsStorage } from '../src/index.ts'
import { nextMessage, startWriter } from './start-writer.ts'
import { temporaryFolder } from './temporary-folder.ts'

const kills = 30
const size = 64 * 1024
const writers = [1, 2]

interface Claim {
  readonly key: string
  readonly writer: number
}

/**
 * Lets two processes write the same keys, and kills each without a warning at a moment of its own. Gives what they have
 * said to have created, as far as they came to say so.
 */
async function writeUntilKilled(path: string, round: number): Promise<Claim[]> {
  const processes = writers.map((writer) => ({ writer, child: startWriter('until killed', { path, writer }) }))
  const exits = processes.map(({ child }) => once(child, 'exit'))
  await Promise.all(processes.map(({ child }) => nextMessage(child)))
  const claims: Claim[] = []
  const kill = async (child: ChildProcess): Promise<void> => {
    const first = once(child, 'message')
    child.send(`created/${round}`)
    // Who loses every key has nothing to say.
    await Promise.race([first, sleep(200)])
    await sleep(Math.random() * 20)
    child.kill('SIGKILL')
  }
  for (const { writer, child } of processes) {
    child.on('message', (key: string) => claims.push({ key, writer }))
  }
  await Promise.all(processes.map(({ child }) => kill(child)))
  await Promise.all(exits)
  return claims
}

describe(`two processes that are killed in the middle of their writes, ${kills} times`, () => {
  it('leave whole objects only, and one winner of every key', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    let created = 0
    for (let round = 0; round < kills / writers.length; round++) {
      const claims = await writeUntilKilled(folder.path, round)
      const winners = new Map<string, number | undefined>()
      for await (const key of store.list('')) {
        const object = await store.get(key)
        const [writer] = object?.bytes ?? []
        expect({ key, bytes: object?.bytes }).toEqual({ key, bytes: new Uint8Array(size).fill(writer ?? 0) })
        winners.set(key, writer)
      }
      for (const { key, writer } of claims) expect({ key, writer: winners.get(key) }).toEqual({ key, writer })
      created += claims.length
    }
    expect(created).toBeGreaterThan(0)
    // Otherwise nothing was killed in the middle of anything.
    expect(await readdir(join(folder.path, '.outlast-incomplete'))).not.toEqual([])
  })
})
