import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { fsStorage } from '../src/index.ts'
import { failureOf } from './failure-of.ts'

// Started by size-limit.test.ts under a limit for the size of files. Reports what it saw as one line of JSON.
const path = process.argv[2] ?? ''
const store = fsStorage({ path })
const old = new TextEncoder().encode('old')
const large = new Uint8Array(1_000_000)

await store.put('a', old)
const { code, retryable, key } = await failureOf(store.put('a', large))
const created = await failureOf(store.put('b', large, { ifAbsent: true }))
const object = await store.get('a')
const keys: string[] = []
for await (const listed of store.list('')) keys.push(listed)
process.stdout.write(
  JSON.stringify({
    failure: { code, retryable, key },
    created: created.code,
    old: object && new TextDecoder().decode(object.bytes),
    keys,
    incomplete: await readdir(join(path, '.outlast-incomplete')),
    small: typeof (await store.put('b', old, { ifAbsent: true })),
  }),
)
