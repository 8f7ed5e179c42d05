import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, truncate, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

import { everything, keySpan } from '../../src/control-plane/store/config-store.ts'
import { sqliteStore } from '../../src/control-plane/store/sqlite-store.ts'
import { configStoreSuite } from './config-store-suite.ts'
import { put, scratchPath, scratchStore } from './scratch-store.ts'

describe('sqliteStore', () => {
  configStoreSuite(scratchStore)

  it('is the same store when opened again', async () => {
    const path = await scratchPath()
    const before = sqliteStore({ path })
    const identity = await before.identity()
    await put(before, '/a', '"kept"')
    await before.close()
    const after = sqliteStore({ path })
    onTestFinished(() => after.close())
    expect(await after.identity()).toEqual({ ...identity, term: String(Number(identity.term) + 1) })
    expect(BigInt(identity.clusterId)).toBeLessThan(2n ** 63n)
    expect(await after.revision()).toBe(2)
    expect((await after.range({ keys: keySpan('/a') })).items[0]?.value).toBe('"kept"')
  })

  it('can be read by its owner only', async () => {
    const path = await scratchPath()
    const store = sqliteStore({ path })
    onTestFinished(() => store.close())
    await put(store, '/a')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(`${path}-wal`)).mode & 0o777).toBe(0o600)
  })

  it('refuses a file that is something else', async () => {
    const path = await scratchPath()
    await writeFile(path, 'not a database, but long enough to be looked at: '.repeat(50))
    expect(() => sqliteStore({ path })).toThrow(expect.objectContaining({ code: 'not-a-store' }))
  })

  it('says of a damaged file that it is damaged', async () => {
    const path = await scratchPath()
    const store = sqliteStore({ path })
    await put(store, '/a', JSON.stringify('x'.repeat(100_000)))
    await store.close()
    await truncate(path, 20_000)
    expect(() => sqliteStore({ path })).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining(`${path} is damaged`) }),
    )
  })
})

describe('sqliteStore and other processes', () => {
  const writer = fileURLToPath(new URL('write-until-killed.ts', import.meta.url))

  it('loses no acknowledged write when its process is killed, and keeps other processes out until then', async () => {
    const path = await scratchPath()
    let acknowledged = 1
    for (const writes of [1, 40, 150]) {
      const child = spawn(process.execPath, ['--conditions=@outlast/source', writer, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const goal = acknowledged + writes
      let refusal: unknown
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line)
        if (acknowledged === goal) {
          refusal = errorOf(() => sqliteStore({ path }))
          child.kill('SIGKILL')
        }
      }
      if (child.exitCode === null && child.signalCode === null) {
        await once(child, 'exit')
      }
      expect(acknowledged).toBeGreaterThanOrEqual(goal)
      expect(refusal).toMatchObject({ code: 'in-use', message: `${path} is in use by another process` })

      const store = sqliteStore({ path })
      const { items } = await store.range({ keys: everything })
      const revision = await store.revision()
      await store.close()
      expect(revision).toBeGreaterThanOrEqual(acknowledged)
      expect(items.map((item) => item.modRevision).sort((left, right) => left - right)).toEqual(
        Array.from({ length: revision - 1 }, (_, n) => n + 2),
      )
      acknowledged = revision
    }
  })
})

function errorOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
