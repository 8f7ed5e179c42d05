import { once } from 'node:events'

import { StorageError } from '@outlast/storage'

import { fsStorage } from '../src/index.ts'

// Started by two-processes.test.ts. Says when it is ready, waits for the start, and reports.
const [task, path = '', writer = '0', rounds = '0', size = '0'] = process.argv.slice(2)
const store = fsStorage({ path })

process.send?.('ready')
await once(process, 'message')

if (task === 'create') {
  const won: string[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const key = `manifests/${String(round).padStart(4, '0')}`
    try {
      await store.put(key, new Uint8Array([Number(writer)]), { ifAbsent: true })
      won.push(key)
    } catch (error) {
      if (!StorageError.isInstance(error) || error.code !== 'already-exists') throw error
    }
  }
  process.send?.(won)
  process.disconnect()
} else {
  // Until killed.
  for (let round = 0; ; round++) {
    const writes = Array.from({ length: 4 }, (_value, index) =>
      store.put(`objects/${index}`, new Uint8Array(Number(size)).fill(round)),
    )
    await Promise.all(writes)
    if (round === 2) process.send?.('busy')
  }
}
