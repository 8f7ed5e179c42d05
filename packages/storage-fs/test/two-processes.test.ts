import { once } from 'node:events'

import { describe, expect, it } from 'vitest'

import { fsStorage } from '../src/index.ts'
import { nextMessage, startWriter } from './start-writer.ts'
import { temporaryFolder } from './temporary-folder.ts'

const rounds = 100

describe('several processes on one folder', () => {
  it('create each key exactly once, and the bytes are the winner’s', async () => {
    await using folder = await temporaryFolder()
    const writers = [1, 2, 3].map((writer) => startWriter('create', { path: folder.path, writer, rounds }))
    const exits = writers.map((writer) => once(writer, 'exit'))
    await Promise.all(writers.map(nextMessage))
    const results = writers.map(nextMessage)
    for (const writer of writers) writer.send('start')
    const won = (await Promise.all(results)).map(keysIn)
    await Promise.all(exits)

    expect(won.flat().length).toBe(rounds)
    expect(new Set(won.flat()).size).toBe(rounds)
    const store = fsStorage(folder)
    for (const [index, keys] of won.entries()) {
      for (const key of keys) expect((await store.get(key))?.bytes).toEqual(new Uint8Array([index + 1]))
    }
  })
})

function keysIn(message: unknown): string[] {
  return Array.isArray(message) ? message.map(String) : []
}
