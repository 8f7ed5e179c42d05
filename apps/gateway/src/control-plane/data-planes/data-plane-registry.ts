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

/** With more, the one of the largest group that was silent longest is forgotten: no group can push out another's. */
const defaultLimit = 20_000

export function dataPlaneRegistry(options: {
  readonly clock: Clock
  readonly limit?: number | undefined
}): DataPlaneRegistry {
  const { clock, limit = defaultLimit } = options
  /** By group and id; those of a group in the order of their last heartbeats. */
  let groups = new Map<string, Map<string, DataPlaneRecord>>()
  let changes = 0

  /** A later record takes the place of an earlier one, and stands at the end. */
  const put = (record: DataPlaneRecord): void => {
    const known = groups.get(record.group) ?? new Map<string, DataPlaneRecord>()
    known.delete(record.id)
    known.set(record.id, record)
    groups.set(record.group, known)
    changes += 1
  }

  const remove = ({ group, id }: DataPlaneRecord): void => {
    const known = groups.get(group)
    known?.delete(id)
    if (known?.size === 0) groups.delete(group)
    changes += 1
  }

  const forget = (): void => {
    const oldest = clock.now() - forgottenAfterMs
    let count = 0
    for (const known of groups.values()) {
      for (const record of known.values()) {
        if (record.lastHeartbeat > oldest) break
        remove(record)
      }
      count += known.size
    }
    for (; count > limit; count -= 1) {
      const [first] = largest(groups.values())
      if (first !== undefined) remove(first)
    }
  }

  const records = (): readonly DataPlaneRecord[] => {
    forget()
    return [...groups.values()].flatMap((known) => [...known.values()]).toSorted(byLastHeartbeat)
  }

  return {
    note({ group, address, heartbeat }) {
      put({ ...heartbeat, group, address, lastHeartbeat: clock.now() })
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
      const now = clock.now()
      // What is from later than now, by a clock that was wrong, would pass for alive until then.
      const past = kept.map((record) => ({ ...record, lastHeartbeat: Math.min(record.lastHeartbeat, now) }))
      const all = [...past, ...records()].toSorted(byLastHeartbeat)
      groups = new Map()
      for (const record of all) put(record)
      forget()
    },
    changes: () => changes,
  }
}

function byLastHeartbeat(left: DataPlaneRecord, right: DataPlaneRecord): number {
  return left.lastHeartbeat - right.lastHeartbeat
}

function largest(groups: Iterable<ReadonlyMap<string, DataPlaneRecord>>): Iterable<DataPlaneRecord> {
  let found: ReadonlyMap<string, DataPlaneRecord> = new Map()
  for (const group of groups) if (group.size > found.size) found = group
  return found.values()
}
