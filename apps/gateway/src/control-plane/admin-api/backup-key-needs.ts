import type { SnapshotStore } from '@outlast/snapshot'

import { notedBackups } from '../noted-backups.ts'
import type { ConfigStore } from '../store/config-store.ts'
import { AdminError } from './admin-error.ts'
import { snapshotKeyNeeds, type SnapshotKeyNeeds } from './snapshot-key-needs.ts'

/** How long the backups have to say what their snapshots need. */
const timeoutMs = 20_000

/** Whether anybody needs a key; `null` while a backup does not say, or where none is known. */
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
  /** Reads everything anew, and throws 409 when a snapshot needs a key that would be lost, or may. */
  requireNone: (
    group: string,
    options: {
      readonly isLost: (keyId: string) => boolean
      /** Whether a group that no control plane is known to back up passes. */
      readonly withoutBackup: 'passes' | 'refused'
      readonly signal: AbortSignal
    },
  ) => Promise<void>
}

/** What one store answers, or that it does not. */
interface Asked {
  readonly store: string
  readonly needs: SnapshotKeyNeeds | undefined
}

const wayOut = 'ask the control plane that has it in fallback_cp, or give force=true'

/** Asks the stores that a group is backed up to. Those that only other control planes know cannot be asked. */
export function backupKeyNeeds(options: {
  readonly store: ConfigStore
  /** Of this control plane. */
  readonly backups: (group: string) => readonly SnapshotStore[]
}): BackupKeyNeeds {
  const { backups } = options
  const remembered = new WeakMap<SnapshotStore, Map<number, readonly string[]>>()

  const ask = async (
    backup: SnapshotStore,
    known: Map<number, readonly string[]>,
    signal: AbortSignal,
  ): Promise<Asked> => {
    remembered.set(backup, known)
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      return { store: backup.name, needs: await snapshotKeyNeeds(backup, { remembered: known, signal: limited }) }
    } catch {
      signal.throwIfAborted()
      return { store: backup.name, needs: undefined }
    }
  }

  /** The names of the stores that other control planes back the group up to. */
  const knownElsewhere = async (group: string, signal: AbortSignal): Promise<readonly string[]> => {
    const here = new Set(backups(group).map(({ name }) => name))
    return (await notedBackups(options.store, group, { signal })).filter((name) => !here.has(name))
  }

  return {
    async look(group, signal) {
      const elsewhere = (await knownElsewhere(group, signal)).map((store): Asked => ({ store, needs: undefined }))
      const here = await Promise.all(
        backups(group).map(async (backup) => ask(backup, remembered.get(backup) ?? new Map(), signal)),
      )
      const asked = [...here, ...elsewhere]
      return {
        needOf: (keyId) => ({
          needed: anyNeeds(asked, ({ retained, active }) => retained.has(keyId) || active === keyId),
          needed_by_newest: anyNeeds(asked, ({ newest, active }) => newest.has(keyId) || active === keyId),
        }),
        unread: asked.filter(({ needs }) => needs === undefined).map(({ store }) => store),
      }
    },

    async requireNone(group, { isLost, withoutBackup, signal }) {
      const [stranger] = await knownElsewhere(group, signal)
      if (stranger !== undefined) {
        throw refused(`${stranger} is a backup that is not known here: ${wayOut}`)
      }
      if (backups(group).length === 0 && withoutBackup === 'refused') {
        throw refused(`no backup of the group is known here: ${wayOut}`)
      }
      for (const backup of backups(group)) {
        const { store, needs } = await ask(backup, new Map(), signal)
        if (needs === undefined) {
          throw refused(`${store} can not be asked which its snapshots need`)
        }
        requireNotNeeded(store, needs, isLost)
      }
    },
  }
}

function requireNotNeeded(store: string, needs: SnapshotKeyNeeds, isLost: (keyId: string) => boolean): void {
  for (const [keyId, count] of needs.retained) {
    if (isLost(keyId)) {
      throw new AdminError(409, `can not do without the key ${keyId}, ${count} snapshots in ${store} still need it`)
    }
  }
  const { active } = needs
  if (active !== undefined && isLost(active)) {
    throw new AdminError(
      409,
      `can not do without the key ${active}, it is still the active one in the newest snapshot in ${store}`,
    )
  }
}

function refused(why: string): AdminError {
  return new AdminError(409, `can not do without any key, ${why}`)
}

/** Where nobody can be asked, nobody knows. */
function anyNeeds(asked: readonly Asked[], isNeeded: (needs: SnapshotKeyNeeds) => boolean): boolean | null {
  if (asked.some(({ needs }) => needs !== undefined && isNeeded(needs))) {
    return true
  }
  return asked.length === 0 || asked.some(({ needs }) => needs === undefined) ? null : false
}
