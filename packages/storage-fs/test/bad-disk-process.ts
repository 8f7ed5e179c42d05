import { execFileSync } from 'node:child_process'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { fsStorage } from '../src/index.ts'
import { failureOf } from './failure-of.ts'

// Started by bad-disk.test.ts in a mount namespace of its own. Reports what it saw as one line of JSON.
const path = process.argv[2] ?? ''
const store = fsStorage({ path })
const text = (content: string): Uint8Array => new TextEncoder().encode(content)

async function read(): Promise<string | undefined> {
  const object = await store.get('a')
  return object && new TextDecoder().decode(object.bytes)
}

// What killed processes left two hours ago takes most of the disk.
const abandoned = join(path, '.outlast-incomplete', 'abandoned')
await mkdir(join(path, '.outlast-incomplete'))
await writeFile(abandoned, new Uint8Array(200_000))
const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1_000)
await utimes(abandoned, twoHoursAgo, twoHoursAgo)
const large = new Uint8Array(150_000)
const filled = { first: (await failureOf(store.put('large', large))).code, second: await store.put('large', large) }
await store.delete('large')

await store.put('a', text('old'))
const { code, retryable, key } = await failureOf(store.put('a', new Uint8Array(1_000_000)))
const incomplete = await readdir(join(path, '.outlast-incomplete'))
const full = { code, retryable, key, old: await read(), incomplete }

await store.put('a', text('new'))
const afterwards = await read()

execFileSync('mount', ['-o', 'remount,ro', path])
const keys: string[] = []
for await (const listed of store.list('')) keys.push(listed)
const readOnly = {
  put: (await failureOf(store.put('a', text('x')))).code,
  create: (await failureOf(store.put('b', text('x'), { ifAbsent: true }))).code,
  delete: (await failureOf(store.delete('a'))).code,
  folder: (await failureOf(store.put('new/folder/b', text('x')))).code,
  root: (await failureOf(fsStorage({ path: join(path, 'new', 'root') }).put('b', text('x')))).code,
  get: await read(),
  keys,
}

process.stdout.write(JSON.stringify({ filled, full, afterwards, readOnly }))
