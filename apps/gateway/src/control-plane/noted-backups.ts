import type { Clock, SnapshotStore } from '@outlast/snapshot'

import { parseStored } from './json-object.ts'
import { sha256 } from './secret-list.ts'
import { prefixSpan, type ConfigStore } from './store/config-store.ts'

// Beside what belongs to the groups, so that no data plane and no backup ever sees it.
const notes = '/outlast/backups/'

/**
 * Tells every control plane of the store where a gateway group is backed up to, by the names of the stores: what is there
 * may need keys, also when another control plane's file does not name it. Writes nothing that is known already.
 */
export async function noteBackups(
  store: ConfigStore,
  options: {
    readonly group: string
    readonly backups: readonly SnapshotStore[]
    readonly clock: Clock
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { group, backups, clock, signal } = options
  const known = new Set(await notedBackups(store, group, { signal }))
  const createTime = Math.floor(clock.now() / 1000)
  for (const name of new Set(backups.map((backup) => backup.name))) {
    if (known.has(name)) continue
    // The name may be a path, longer than a key can be and with characters that a key cannot have.
    const key = `${notesOf(group)}${sha256(name).toString('hex')}`
    await store.transaction({
      // Another control plane may be faster.
      compare: [{ key, modRevision: 0 }],
      operations: [{ type: 'put', key, value: JSON.stringify({ name, create_time: createTime }) }],
    })
  }
}

/** The names of all stores that any control plane has backed the group up to. */
export async function notedBackups(
  store: ConfigStore,
  group: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly string[]> {
  const { items } = await store.range({ keys: prefixSpan(notesOf(group)), ...options })
  return items.flatMap(({ value }) => {
    const { name } = parseStored(value)
    return typeof name === 'string' ? [name] : []
  })
}

function notesOf(group: string): string {
  return `${notes}${group}/`
}
