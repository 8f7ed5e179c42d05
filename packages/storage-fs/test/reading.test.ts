import { execFileSync } from 'node:child_process'
import type { Dirent } from 'node:fs'
import type promises from 'node:fs/promises'
import { appendFile, chmod, mkdir, rename, symlink, truncate, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import type { StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { fsStorage } from '../src/index.ts'
import { asNobody } from './as-nobody.ts'
import { collect } from './collect.ts'
import { temporaryFolder } from './temporary-folder.ts'

const disk = vi.hoisted(() => ({
  bytesRead: 0,
  beforeLook: async (): Promise<void> => {},
  beforeFirstRead: async (): Promise<void> => {},
}))

// The real file system, with a moment before a look at it, and one between the look at a file and the reading of it.
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof promises>()
  return {
    ...real,
    async unlink(path: string): Promise<void> {
      await disk.beforeLook()
      await real.unlink(path)
    },
    async readdir(path: string, options: { withFileTypes: true }): Promise<Dirent[]> {
      await disk.beforeLook()
      return real.readdir(path, options)
    },
    async open(path: string, flags: number | string): Promise<FileHandle> {
      await disk.beforeLook()
      const file = await real.open(path, flags)
      const read = file.read.bind(file)
      let hasBegun = false
      return Object.assign(file, {
        async read(bytes: Uint8Array, offset: number, length: number, position: number) {
          if (!hasBegun) await disk.beforeFirstRead()
          hasBegun = true
          const result = await read(bytes, offset, length, position)
          disk.bytesRead += result.bytesRead
          return result
        },
      })
    },
  }
})

beforeEach(() => {
  disk.bytesRead = 0
  disk.beforeLook = async () => {}
  disk.beforeFirstRead = async () => {}
})

describe('a store that must exist, and goes away in the middle of a call', () => {
  it.each([
    ['get', async (store: StorageAdapter) => store.get('a')],
    ['list', async (store: StorageAdapter) => collect(store.list(''))],
    ['delete', async (store: StorageAdapter) => store.delete('a')],
  ])('is missing, and its keys are not absent: %s', async (_method, call) => {
    await using folder = await temporaryFolder()
    const store = fsStorage({ path: folder.path, mustExist: true })
    await store.put('a', new Uint8Array(1))
    disk.beforeLook = () => rename(folder.path, `${folder.path}-gone`)
    await expect(call(store)).rejects.toMatchObject({ code: 'bucket-not-found' })
    await rename(`${folder.path}-gone`, folder.path)
  })
})

describe('a file with more bytes than the call allows', () => {
  it('is refused before anything of it is read', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'a'), new Uint8Array(1_001))
    const store = fsStorage(folder)
    await expect(store.get('a', { maximumBytes: 1_000 })).rejects.toMatchObject({
      code: 'too-large',
      retryable: false,
      message: `${store.name}: the file has 1001 bytes, and at most 1000 were asked for`,
    })
    expect(disk.bytesRead).toBe(0)
    expect(await store.get('a', { maximumBytes: 1_001 })).toMatchObject({ bytes: new Uint8Array(1_001) })
    expect(disk.bytesRead).toBe(1_001)
  })

  it('is refused whatever it claims to be: a sparse terabyte costs nothing', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'a'), '')
    await truncate(join(folder.path, 'a'), 2 ** 40)
    await expect(fsStorage(folder).get('a')).rejects.toMatchObject({ code: 'too-large' })
    expect(disk.bytesRead).toBe(0)
  })
})

describe('a file that somebody writes into while it is read', () => {
  it.each([
    ['grows', (path: string) => appendFile(path, new Uint8Array(100_000))],
    ['shrinks', (path: string) => truncate(path, 5)],
  ])('is no object: it %s, and the read is a conflict that may be tried again', async (_how, change) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a')
    await writeFile(path, new Uint8Array(10))
    disk.beforeFirstRead = () => change(path)
    const store = fsStorage(folder)
    await expect(store.get('a', { maximumBytes: 10 })).rejects.toMatchObject({ code: 'conflict', retryable: true })
    // One byte is enough to know.
    expect(disk.bytesRead).toBeLessThanOrEqual(11)
  })

  it('replaces it, as this package does, and the reader gets the old one as a whole', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    await store.put('a', new Uint8Array(10).fill(1))
    disk.beforeFirstRead = async () => {
      await store.put('a', new Uint8Array(20).fill(2))
    }
    expect((await store.get('a'))?.bytes).toEqual(new Uint8Array(10).fill(1))
  })
})

describe('what lies in the folder and is no regular file', () => {
  it('is not listed, and never read: symbolic links and pipes', async () => {
    await using folder = await temporaryFolder()
    const at = (name: string): string => join(folder.path, name)
    await writeFile(at('real'), 'content')
    await symlink(at('real'), at('linked'))
    await symlink('/dev/zero', at('endless'))
    await symlink(at('nowhere'), at('dangling'))
    execFileSync('mkfifo', [at('pipe')])
    const store = fsStorage(folder)
    expect(await collect(store.list(''))).toEqual(['real'])
    for (const key of ['linked', 'endless', 'dangling', 'pipe']) {
      await expect(store.get(key)).rejects.toMatchObject({ code: 'invalid-response', retryable: false, key })
    }
    expect(disk.bytesRead).toBe(0)
  })

  it('gives its name up to a write, and what it pointed to stays as it was', async () => {
    await using folder = await temporaryFolder()
    await using elsewhere = await temporaryFolder()
    const target = join(elsewhere.path, 'target')
    await writeFile(target, 'theirs')
    await symlink(target, join(folder.path, 'a'))
    const store = fsStorage(folder)
    await expect(store.put('a', new Uint8Array(1), { ifAbsent: true })).rejects.toMatchObject({
      code: 'already-exists',
    })
    await store.put('a', new Uint8Array(1))
    expect((await store.get('a'))?.bytes).toEqual(new Uint8Array(1))
    await symlink(target, join(folder.path, 'b'))
    await store.delete('b')
    expect((await fsStorage(elsewhere).get('target'))?.bytes).toEqual(new TextEncoder().encode('theirs'))
  })

  it('may be the folder of the store itself: that link is followed', async () => {
    await using folder = await temporaryFolder()
    await using elsewhere = await temporaryFolder()
    await symlink(elsewhere.path, join(folder.path, 'store'))
    const store = fsStorage({ path: join(folder.path, 'store'), mustExist: true })
    await store.put('a/b', new Uint8Array(1))
    expect(await collect(store.list(''))).toEqual(['a/b'])
    expect(await collect(fsStorage(elsewhere).list(''))).toEqual(['a/b'])
  })
})

describe('without the permission', () => {
  it('a file is denied, not absent', async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o755)
    await writeFile(join(folder.path, 'a'), 'content', { mode: 0o000 })
    const store = fsStorage(folder)
    await asNobody(async () => {
      await expect(store.get('a')).rejects.toMatchObject({ code: 'denied', retryable: false, key: 'a' })
      expect(await store.get('b')).toBeUndefined()
    })
  })

  it('a folder is denied, not empty', async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o755)
    await mkdir(join(folder.path, 'closed'))
    await writeFile(join(folder.path, 'closed', 'a'), 'content')
    await chmod(join(folder.path, 'closed'), 0o000)
    const store = fsStorage(folder)
    await asNobody(async () => {
      await expect(collect(store.list(''))).rejects.toMatchObject({ code: 'denied' })
      await expect(store.get('closed/a')).rejects.toMatchObject({ code: 'denied' })
      await expect(store.delete('closed/a')).rejects.toMatchObject({ code: 'denied' })
    })
    await chmod(join(folder.path, 'closed'), 0o700)
  })

  it('a write is denied, and leaves nothing behind', async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o555)
    const store = fsStorage(folder)
    await asNobody(async () => {
      await expect(store.put('a', new Uint8Array(1))).rejects.toMatchObject({ code: 'denied', retryable: false })
    })
    expect(await collect(store.list(''))).toEqual([])
    await chmod(folder.path, 0o700)
  })
})
