import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { snapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PoisonedLine } from './poisoned-process.ts'

describe('a configuration that kills the process as it takes effect, with a sink made for this test', () => {
  let folder: string
  let children: ChildProcess[]
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-poison-'))
    children = []
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  /** As an exporter does: the instance configuration first, then the resources that need it. */
  const publish = async (revision: number, route: string, metadata = 'good'): Promise<void> => {
    const bucket = fsStorage({ path: join(folder, 'bucket') })
    const store = snapshotStore({ group: 'default', resources: bucket, instance: bucket })
    const at = { position: { epoch: 1, revision }, source: { identity: 'cp' } }
    const instance = await store.instance.begin()
    const needed = await instance.publish({ entries: [{ kind: 'plugin_metadata', id: 'a', value: metadata }], ...at })
    if (needed.status !== 'published' && needed.status !== 'unchanged') throw new Error(needed.status)
    const needs = { instance: needed.manifest.position }
    const resources = await store.resources.begin()
    await resources.publish({ entries: [{ kind: 'routes', id: 'a', value: route }], ...at, needs })
  }

  /** A process until it says what is waited for, and then it is left running; `undefined` when it has died before. */
  const run = async (
    isAwaited: (line: PoisonedLine) => boolean,
    { build = '1', minutesAhead = 0 } = {},
  ): Promise<{ readonly line: PoisonedLine; kill(): Promise<void> } | undefined> => {
    const program = fileURLToPath(new URL('poisoned-process.ts', import.meta.url))
    const child = spawn(
      process.execPath,
      ['--conditions=@outlast/source', program, folder, build, String(minutesAhead)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    children.push(child)
    const exited = once(child, 'exit')
    for await (const text of createInterface({ input: child.stdout })) {
      const line: PoisonedLine = JSON.parse(text)
      if (!isAwaited(line)) continue
      return {
        line,
        kill: async () => {
          child.kill('SIGKILL')
          await exited
        },
      }
    }
    await exited
    expect(child.signalCode).toBe('SIGKILL')
    return undefined
  }
  const served = ({ served: isServed }: PoisonedLine): boolean => isServed

  it('is passed over after two deaths; the one before serves, a newer one is taken, and it is tried again later', async () => {
    await publish(90, 'good')
    await publish(95, 'deadly')
    expect(await run(served)).toBeUndefined()
    expect(await run(served)).toBeUndefined()
    const survivor = await run(served)
    expect(survivor?.line).toMatchObject({ revision: 90, poisoned: [{ deaths: 2 }] })
    await survivor?.kill()

    // Ten minutes and the jitter later, and with another build, it has another chance; here it fails.
    expect(await run(served, { minutesAhead: 13 })).toBeUndefined()
    const wiser = await run(served, { minutesAhead: 13 })
    expect(wiser?.line).toMatchObject({ revision: 90, poisoned: [{ deaths: 3 }] })
    await wiser?.kill()
    expect(await run(served, { build: '2' })).toBeUndefined()

    await publish(97, 'mended')
    const mended = await run(({ revision, served: isServed }) => revision === 97 && isServed)
    expect(mended?.line.revision).toBe(97)
  })

  it('is passed over for the one before it when only its instance half kills, and a newer one is taken', async () => {
    await publish(90, 'good')
    await publish(95, 'good', 'deadly')
    expect(await run(served)).toBeUndefined()
    expect(await run(served)).toBeUndefined()
    let published: Promise<void> | undefined
    const survivor = await run(({ revision, served: isServed }) => {
      if (revision === 90 && isServed) published ??= publish(97, 'good', 'mended')
      return revision === 97
    })
    expect(published).toBeDefined()
    expect(survivor?.line).toMatchObject({ revision: 97, poisoned: [{ deaths: 2 }] })
  })

  it('is taken in its newer form by the process that runs', async () => {
    await publish(90, 'good')
    await publish(95, 'deadly')
    await run(served)
    await run(served)
    let published: Promise<void> | undefined
    const mended = await run(({ revision }) => {
      if (revision === 90) published ??= publish(97, 'mended')
      return revision === 97
    })
    expect(published).toBeDefined()
    expect(mended?.line.poisoned).toMatchObject([{ deaths: 2 }])
  })

  it('is not one that has served when the process is killed later, again and again', async () => {
    await publish(90, 'good')
    for (let kill = 0; kill < 4; kill++) {
      const serving = await run(served, { minutesAhead: kill * 60 })
      expect(serving?.line).toEqual({ revision: 90, served: true, poisoned: [] })
      await serving?.kill()
    }
  })
})
