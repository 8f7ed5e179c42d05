import type { Clock } from '@outlast/snapshot'

import type { Heartbeat } from '../../heartbeat.ts'
import { dataPlaneState, forgottenAfterMs, type DataPlaneState } from './data-plane-state.ts'

/** What is remembered of a data plane. */
interface DataPlaneRecord extends Heartbeat {
  readonly group: string
  /** Where it reports from. */
  readonly address: string
  /** In milliseconds since the Unix epoch. */
  readonly lastHeartbeat: number
}

export interface DataPlaneInstance extends DataPlaneRecord {
  readonly state: DataPlaneState
}

/** The data planes that report to this control plane. */
export interface DataPlaneRegistry {
  note(report: { readonly group: string; readonly address: string; readonly heartbeat: Heartbeat }): void
  /** Those of all groups, whoever was silent longest first. */
  list(): readonly DataPlaneInstance[]
  /** The same, as it can be kept. */
  records(): readonly DataPlaneRecord[]
  /** Takes over what was kept; what was noted since wins. */
  restore(records: readonly DataPlaneRecord[]): void
  /** Rises with every change. */
  changes(): number
}

/** With more, the one that was silent longest is forgotten first. */
const defaultLimit = 20_000

export function dataPlaneRegistry(options: {
  readonly clock: Clock
  readonly limit?: number | undefined
}): DataPlaneRegistry {
  const { clock, limit = defaultLimit } = options
  /** In the order of their last heartbeats. */
  let known = new Map<string, DataPlaneRecord>()
  let changes = 0

  const forget = (): void => {
    const oldest = clock.now() - forgottenAfterMs
    for (const [key, { lastHeartbeat }] of known) {
      if (known.size <= limit && lastHeartbeat > oldest) return
      known.delete(key)
      changes += 1
    }
  }

  const records = (): readonly DataPlaneRecord[] => {
    forget()
    return [...known.values()]
  }

  return {
    note({ group, address, heartbeat }) {
      const record = { ...heartbeat, group, address, lastHeartbeat: clock.now() }
      known.delete(keyOf(record))
      known.set(keyOf(record), record)
      changes += 1
      forget()
    },
    records,
    list() {
      const now = clock.now()
      return records().map((record) => ({
        ...record,
        state: dataPlaneState({ mode: record.mode, silentMs: now - record.lastHeartbeat }),
      }))
    },
    restore(kept) {
      const all = [...kept, ...known.values()].toSorted((left, right) => left.lastHeartbeat - right.lastHeartbeat)
      known = new Map()
      for (const record of all) {
        // A later one takes the earlier one's place, and stands at the end.
        known.delete(keyOf(record))
        known.set(keyOf(record), record)
      }
      changes += 1
      forget()
    },
    changes: () => changes,
  }
}

/** A data folder that was given to another group is another data plane there. */
function keyOf({ group, id }: Pick<DataPlaneRecord, 'group' | 'id'>): string {
  return `${group}/${id}`
}
