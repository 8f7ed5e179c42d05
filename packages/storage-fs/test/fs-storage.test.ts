import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { compareKeys } from '@outlast/storage'
import { array, asyncProperty, assert, constantFrom, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { fsStorage } from '../src/index.ts'
import { collect } from './collect.ts'
import { temporaryFolder } from './temporary-folder.ts'

const bytes = new TextEncoder().encode('content')
const incompleteFolder = '.outlast-incomplete'

describe('files', () => {
  it('are the keys, with just the bytes in them', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    expect(store.name).toBe(pathToFileURL(folder.path).href)
    await store.put('groups/default/head.json', bytes)
    expect(await readFile(join(folder.path, 'groups/default/head.json'), 'utf8')).toBe('content')
  })

  it('and folders are readable for this user only', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage({ path: join(folder.path, 'store') })
    await store.put('a/b', bytes)
    const mode = async (path: string): Promise<number> => (await stat(join(folder.path, path))).mode & 0o777
    expect(await mode('store')).toBe(0o700)
    expect(await mode('store/a')).toBe(0o700)
    expect(await mode('store/a/b')).toBe(0o600)
  })

  it('that were put there by other means are objects too, with the same etag for the same content', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    const etag = await store.put('a', bytes)
    await writeFile(join(folder.path, 'b'), bytes)
    expect(await store.get('b')).toEqual({ bytes, etag })
    expect(await collect(store.list(''))).toEqual(['a', 'b'])
  })

  it('leave no empty folders behind when they are deleted', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    await store.put('parts/1/a', bytes)
    await store.put('parts/2/a', bytes)
    await store.delete('parts/1/a')
    expect(await readdir(join(folder.path, 'parts'))).toEqual(['2'])
    await store.delete('parts/2/a')
    expect(await readdir(folder.path)).toEqual([incompleteFolder])
  })
})

describe('files on their way', () => {
  it('are gone after every write, won or lost', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    await store.put('a', bytes, { ifAbsent: true })
    await store.put('a', bytes)
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
    expect(await readdir(join(folder.path, incompleteFolder))).toEqual([])
  })

  it('of killed processes are never listed or read, and swept by the first write an hour later', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, incompleteFolder))
    for (const name of ['old', 'young']) await writeFile(join(folder.path, incompleteFolder, name), 'half')
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1_000)
    await utimes(join(folder.path, incompleteFolder, 'old'), twoHoursAgo, twoHoursAgo)

    const store = fsStorage(folder)
    expect(await collect(store.list(''))).toEqual([])
    expect(await collect(store.list(`${incompleteFolder}/`))).toEqual([])
    await expect(store.get(`${incompleteFolder}/old`)).rejects.toMatchObject({ code: 'invalid-key' })
    await store.put('a', bytes)
    expect(await readdir(join(folder.path, incompleteFolder))).toEqual(['young'])
  })
})

describe('the folder of the store', () => {
  it('is empty until the first write creates it, unless it must exist', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'later')
    const store = fsStorage({ path })
    expect(await store.get('a')).toBeUndefined()
    expect(await collect(store.list(''))).toEqual([])
    await store.delete('a')
    const strict = fsStorage({ path, mustExist: true })
    await expect(strict.get('a')).rejects.toMatchObject({ code: 'bucket-not-found', retryable: false })
    await expect(strict.put('a', bytes)).rejects.toMatchObject({ code: 'bucket-not-found' })
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await store.put('a', bytes)
    expect((await strict.get('a'))?.bytes).toEqual(bytes)
  })

  it.each(['file', 'file/below'])('is not found, rather than empty, when the path is a %s', async (path) => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'file'), '')
    const store = fsStorage({ path: join(folder.path, path) })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'bucket-not-found' })
    await expect(collect(store.list(''))).rejects.toMatchObject({ code: 'bucket-not-found' })
    await expect(store.put('a', bytes)).rejects.toMatchObject({ code: 'bucket-not-found' })
  })

  it('is never the current directory by accident: an empty path is refused', () => {
    expect(() => fsStorage({ path: '' })).toThrow('fsStorage: path must name a folder')
  })

  it('is the one of the time of creation, also when the process changes its directory', async () => {
    await using folder = await temporaryFolder()
    const relative = join('..', folder.path)
    expect(fsStorage({ path: relative }).name).toBe(pathToFileURL(join(process.cwd(), relative)).href)
  })
})

describe('keys that a file system cannot hold', () => {
  it('are refused with invalid-key: names beyond 255 bytes', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    await store.put('x'.repeat(255), bytes)
    await expect(store.put('x'.repeat(256), bytes)).rejects.toMatchObject({ code: 'invalid-key' })
    await expect(store.get('x'.repeat(256))).rejects.toMatchObject({ code: 'invalid-key' })
  })

  it('are refused with invalid-key: a key and another key below it', async () => {
    await using folder = await temporaryFolder()
    const store = fsStorage(folder)
    await store.put('a', bytes)
    await store.put('b/c', bytes)
    for (const ifAbsent of [true, false]) {
      await expect(store.put('a/b', bytes, { ifAbsent })).rejects.toMatchObject({ code: 'invalid-key' })
      await expect(store.put('a/b/c', bytes, { ifAbsent })).rejects.toMatchObject({ code: 'invalid-key' })
      await expect(store.put('b', bytes, { ifAbsent })).rejects.toMatchObject({ code: 'invalid-key' })
    }
    expect(await collect(store.list(''))).toEqual(['a', 'b/c'])
  })
})

describe('list', () => {
  it('gives for any keys, prefix, start and limit what a sorted list of the keys would', async () => {
    const segment = constantFrom('a', 'b', 'a-', 'a.', 'ab', 'é', '～', '😀')
    const key = array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `${segments.join('/')}.json`)
    const place = array(segment, { maxLength: 3 }).map((segments) => segments.join('/'))
    await assert(
      asyncProperty(uniqueArray(key, { maxLength: 12 }), place, place, async (keys, prefix, after) => {
        await using folder = await temporaryFolder()
        const store = fsStorage(folder)
        for (const name of keys) await writeTree(join(folder.path, name))
        const expected = keys
          .sort(compareKeys)
          .filter((name) => name.startsWith(prefix) && compareKeys(name, after) > 0)
        expect(await collect(store.list(prefix, { after }))).toEqual(expected)
        expect(await collect(store.list(prefix, { after, limit: 2 }))).toEqual(expected.slice(0, 2))
      }),
      { numRuns: 60 },
    )
  })
})

async function writeTree(path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, '')
}
