import type promises from 'node:fs/promises'
import { readdir, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { beforeEach, describe, expect, it, vi } from 'vitest'

import { syncFolder } from '../src/durable-folder.ts'
import { fsStorage } from '../src/index.ts'
import { collect } from './collect.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Step = 'write' | 'flush file' | 'flush folder' | 'link' | 'rename'

const disk = vi.hoisted(() => ({
  /** What was done to which file or folder, in order. */
  steps: [] as string[],
  /** Called in the place of a step; may do it, and may fail. */
  instead: undefined as ((step: Step, path: string, go: () => Promise<void>) => Promise<void>) | undefined,
}))

// The real file system, whose steps are written down, and may go wrong.
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof promises>()
  const step = async (name: Step, path: string, go: () => Promise<void>): Promise<void> => {
    await (disk.instead === undefined ? go() : disk.instead(name, path, go))
    disk.steps.push(`${name} ${path}`)
  }
  return {
    ...real,
    async open(path: string, flags: string, mode?: number): Promise<FileHandle> {
      const file = await real.open(path, flags, mode)
      const sync = file.sync.bind(file)
      const write = file.writeFile.bind(file)
      const isFolder = (await file.stat()).isDirectory()
      return Object.assign(file, {
        sync: () => step(isFolder ? 'flush folder' : 'flush file', path, sync),
        writeFile: (bytes: Uint8Array, options: object) => step('write', path, () => write(bytes, options)),
      })
    },
    link: (from: string, to: string) => step('link', to, () => real.link(from, to)),
    rename: (from: string, to: string) => step('rename', to, () => real.rename(from, to)),
  }
})

const bytes = new TextEncoder().encode('content')
const incompleteFolder = '.outlast-incomplete'
const failure = (code: string, syscall: string): Error => Object.assign(new Error(code), { code, syscall })

beforeEach(() => {
  disk.steps = []
  disk.instead = undefined
})

describe('a write', () => {
  it.each([
    ['link', true],
    ['rename', false],
  ])('is flushed before it gets its name (%s), and its folder after', async (naming, ifAbsent) => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    await store.put('parts/first', bytes) // makes the folders
    disk.steps = []
    await store.put('parts/a', bytes, { ifAbsent })
    const place = (path: string): string =>
      basename(dirname(path)) === incompleteFolder ? 'incomplete' : path.slice(folder.path.length + 1)
    const steps = disk.steps.map((line) => line.replace(/\/.*/, place))
    expect(steps).toEqual(['write incomplete', 'flush file incomplete', `${naming} parts/a`, 'flush folder parts'])
  })

  it('flushes the parents of every folder that it makes', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage({ path: join(folder.path, 'store') })
    await store.put('a/b/c', bytes)
    const flushed = disk.steps.filter((line) => line.startsWith('flush folder ')).map((line) => line.slice(13))
    const below = (path: string): string => join(folder.path, path)
    expect(new Set(flushed)).toEqual(new Set(['', 'store', 'store/a', 'store/a/b'].map(below)))
  })

  it('that cannot be flushed has no name, and leaves nothing', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    disk.instead = async (step, _path, go) => {
      if (step === 'flush file') throw failure('EIO', 'fsync')
      await go()
    }
    await expect(store.put('a', bytes)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await collect(store.list(''))).toEqual([])
    expect(await readdir(join(folder.path, incompleteFolder))).toEqual([])
  })

  it.each(['ENOSPC', 'EACCES', 'EIO'])(
    'whose folder cannot be flushed (%s) has an unknown outcome, and is never told as refused',
    async (code) => {
      await using folder = await temporaryFolder()
      const store = fsStorage(folder)
      await store.put('a', bytes)
      disk.instead = async (step, _path, go) => {
        if (step === 'flush folder') throw failure(code, 'fsync')
        await go()
      }
      await expect(store.put('b', bytes)).rejects.toMatchObject({ code: 'unavailable', retryable: true, key: 'b' })
      expect((await store.get('b'))?.bytes).toEqual(bytes)
    },
  )

  it('is done when a delete removes the file and its folder before that could be flushed', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    disk.instead = async (step, path, go) => {
      await go()
      if (step === 'rename') await rm(dirname(path), { recursive: true })
    }
    await store.put('a/b', bytes)
    expect(await store.get('a/b')).toBeUndefined()
  })

  it('makes its folder again when a delete removes it first', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    let removals = 0
    disk.instead = async (step, path, go) => {
      if (step === 'rename' && removals++ < 3) await rm(dirname(path), { recursive: true })
      await go()
    }
    await store.put('a/b', bytes)
    expect((await store.get('a/b'))?.bytes).toEqual(bytes)
    expect(removals).toBe(4)
  })
})

describe('a file system without hard links', () => {
  it.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('(%s) refuses create-only writes, and takes all others', async (code) => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    disk.instead = async (step, _path, go) => {
      if (step === 'link') throw failure(code, 'link')
      await go()
    }
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({
      code: 'unsupported',
      retryable: false,
    })
    expect(await collect(store.list(''))).toEqual([])
    expect(await readdir(join(folder.path, incompleteFolder))).toEqual([])
    await store.put('a', bytes)
    expect((await store.get('a'))?.bytes).toEqual(bytes)
  })
})

describe('a network mount', () => {
  it('that lost the answer to a creation and says "exists" to the next try has not made the creator a loser', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    disk.instead = async (step, _path, go) => {
      await go()
      if (step === 'link') throw failure('EEXIST', 'link')
    }
    await store.put('a', bytes, { ifAbsent: true })
    disk.instead = undefined
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
    expect((await store.get('a'))?.bytes).toEqual(bytes)
  })

  it.each(['EINVAL', 'ENOTSUP'])('that does not flush single folders (%s) is written to all the same', async (code) => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    disk.instead = async (step, _path, go) => {
      if (step === 'flush folder') throw failure(code, 'fsync')
      await go()
    }
    await store.put('a/b', bytes, { ifAbsent: true })
    expect((await store.get('a/b'))?.bytes).toEqual(bytes)
  })

  it.runIf(process.platform === 'linux')('of that kind exists: /proc', async () => {
    await expect(syncFolder('/proc')).resolves.toBeUndefined()
    expect(disk.steps).toEqual([])
  })
})
