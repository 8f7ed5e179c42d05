import { once } from 'node:events'

import { StorageError } from '@outlast/storage'

import { fsStorage } from '../src/index.ts'

// Started by start-writer.ts. Says when it is ready, waits for the start, and reports.
const [task, path = '', writer = '0', rounds = '0'] = process.argv.slice(2)
const store = fsStorage({ path })

/** Whether this process has created the key. */
async function create(key: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await store.put(key, bytes, { ifAbsent: true })
    return true
  } catch (error) {
    if (StorageError.isInstance(error) && error.code === 'already-exists') return false
    throw error
  }
}

const numbered = (round: number): string => String(round).padStart(6, '0')

process.send?.('ready')
const [message] = await once(process, 'message')

if (task === 'create') {
  const won: string[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const key = `manifests/${numbered(round)}`
    if (await create(key, new Uint8Array([Number(writer)]))) won.push(key)
  }
  process.send?.(won)
  process.disconnect()
} else {
  // Told under which prefix. Says of each key that it has created that it has.
  const bytes = new Uint8Array(64 * 1024).fill(Number(writer))
  for (let round = 0; ; round++) {
    const key = `${String(message)}/${numbered(round)}`
    await Promise.all([
      create(key, bytes).then((won) => won && process.send?.(key)),
      ...['a', 'b'].map((name) => store.put(`objects/${name}`, bytes)),
    ])
  }
}
