import { StorageError } from '@outlast/storage'

import { gcsStorage } from '../src/index.ts'

// Reads from the bucket `box` of the server that the first argument names, as often as the second says, one read after
// the other, and prints what became of each: `bytes`, `absent`, or the error's code.
const [, , apiEndpoint, times] = process.argv
const storage = gcsStorage({ bucket: 'box', apiEndpoint, timeoutMs: 1000 })
for (let read = 0; read < Number(times); read += 1) {
  const outcome = await storage.get('key').then(
    (object) => (object === undefined ? 'absent' : 'bytes'),
    (error: unknown) => (StorageError.isInstance(error) ? error.code : 'not a StorageError'),
  )
  process.stdout.write(`${outcome}\n`)
}
