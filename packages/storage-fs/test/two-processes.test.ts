import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { fsStorage } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const rounds = 100
const size = 64 * 1024

/** A process of its own that works on this folder: see writer-process.ts. */
function startWriter(task: 'create' | 'overwrite', path: string, writer: number): ChildProcess {
  return fork(join(import.meta.dirname, 'writer-process.ts'), [task, path, `${writer}`, `${rounds}`, `${size}`], {
    execArgv: ['--conditions=@outlast/source'],
  })
}

/** What a writer says next; a writer that ends without a word fails the test at once. */
async function nextMessage(writer: ChildProcess): Promise<unknown> {
  const done = new AbortController()
  const { signal } = done
  const ended = once(writer, 'exit', { signal }).then(([code]) => {
    throw new Error(`the writer ended with ${String(code)}`)
  })
  try {
    return (await Promise.race([once(writer, 'message', { signal }), ended]))[0]
  } finally {
    ended.catch(() => {})
    done.abort()
  }
}

describe('several processes on one folder', () => {
  it('create each key exactly once, and the bytes are the winner’s', async () => {
    await using folder = await temporaryFolder()
    const writers = [1, 2, 3].map((writer) => startWriter('create', folder.path, writer))
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

  it('leave whole objects only when one is killed in the middle of its writes', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    for (let kill = 1; kill <= 3; kill++) {
      const writer = startWriter('overwrite', folder.path, kill)
      const exit = once(writer, 'exit')
      await nextMessage(writer)
      writer.send('start')
      await nextMessage(writer)
      writer.kill('SIGKILL')
      await exit
      for await (const key of store.list('')) {
        const object = await store.get(key)
        expect(object?.bytes.length).toBe(size)
        expect(new Set(object?.bytes).size).toBe(1)
      }
      expect((await readdir(folder.path)).sort()).toEqual(['.outlast-incomplete', 'objects'])
    }
  })
})

function keysIn(message: unknown): string[] {
  return Array.isArray(message) ? message.map(String) : []
}
