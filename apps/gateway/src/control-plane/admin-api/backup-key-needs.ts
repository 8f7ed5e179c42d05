import type { SnapshotStore } from '@outlast/snapshot'

import { AdminError } from './admin-error.ts'
import { snapshotKeyNeeds, type SnapshotKeyNeeds } from './snapshot-key-needs.ts'

/** How long the backups have to say what their snapshots need. */
const timeoutMs = 20_000

/** Whether anybody needs a key; `null` while a backup does not say. */
interface KeyNeed {
  readonly needed: boolean | null
  /** By the newest snapshot of a store: as long as it is one of an older key, not everything has been encrypted anew. */
  readonly needed_by_newest: boolean | null
}

/** Which keys the snapshots of a gateway group need, in all of its backups. */
export interface BackupKeyNeeds {
  /** What is known now, for somebody to look at. `unread` names the stores that could not be asked. */
  look: (
    group: string,
    signal: AbortSignal,
  ) => Promise<{ readonly needOf: (keyId: string) => KeyNeed; readonly unread: readonly string[] }>
  /** Reads everything anew, and throws 409 when a snapshot needs one of these keys, or may. */
  requireNone: (group: string, keyIds: readonly string[], signal: AbortSignal) => Promise<void>
}

/** What one store answers, or that it does not. */
interface Asked {
  readonly store: string
  readonly needs: SnapshotKeyNeeds | undefined
}

/** Asks the stores that a group is backed up to. */
export function backupKeyNeeds(backups: (group: string) => readonly SnapshotStore[]): BackupKeyNeeds {
  const remembered = new WeakMap<SnapshotStore, Map<number, readonly string[]>>()

  const ask = async (backup: SnapshotStore, known: Map<number, readonly string[]>, signal: AbortSignal) => {
    remembered.set(backup, known)
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      return { store: backup.name, needs: await snapshotKeyNeeds(backup, { remembered: known, signal: limited }) }
    } catch {
      signal.throwIfAborted()
      return { store: backup.name, needs: undefined }
    }
  }

  return {
    async look(group, signal) {
      const asked = await Promise.all(
        backups(group).map(async (backup) => ask(backup, remembered.get(backup) ?? new Map(), signal)),
      )
      return {
        needOf: (keyId) => ({
          needed: anyNeeds(asked, ({ retained }) => retained.has(keyId)),
          needed_by_newest: anyNeeds(asked, ({ newest }) => newest.has(keyId)),
        }),
        unread: asked.filter(({ needs }) => needs === undefined).map(({ store }) => store),
      }
    },

    async requireNone(group, keyIds, signal) {
      for (const backup of keyIds.length === 0 ? [] : backups(group)) {
        const { store, needs } = await ask(backup, new Map(), signal)
        if (needs === undefined) {
          throw new AdminError(409, `can not delete a key, ${store} can not be asked which keys its snapshots need`)
        }
        const needed = keyIds.find((keyId) => needs.retained.has(keyId))
        if (needed !== undefined) {
          const count = needs.retained.get(needed) ?? 0
          throw new AdminError(409, `can not delete the key ${needed}, ${count} snapshots in ${store} still need it`)
        }
      }
    },
  }
}

function anyNeeds(asked: readonly Asked[], isNeeded: (needs: SnapshotKeyNeeds) => boolean): boolean | null {
  if (asked.some(({ needs }) => needs !== undefined && isNeeded(needs))) {
    return true
  }
  return asked.some(({ needs }) => needs === undefined) ? null : false
}
