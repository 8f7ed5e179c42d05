import type { Clock } from '@outlast/snapshot'

import { EtcdError } from './etcd-error.ts'

export interface FullReadPaceOptions {
  readonly clock: Clock
  /** Default 50. */
  readonly readsPerSecond?: number | undefined
  /** How long a reader may stand in line. Default 2,000 ms. */
  readonly longestWaitMs?: number | undefined
}

/**
 * Spreads reads of whole configurations, so that a fleet that comes back at once does not stop everything else. Resolves
 * when it is the caller's turn; rejects with `EtcdError`, in etcd's words for it, when the line is too long, and with the
 * signal's reason. Room in a full line is made by the gateway group that has most of it: none can keep out the others.
 */
export type FullReadPace = (group: string, signal: AbortSignal) => Promise<void>

/** One who stands in line. */
interface Waiter {
  readonly group: string
  takeTurn(): void
  refuse(reason: unknown): void
}

export function fullReadPace(options: FullReadPaceOptions): FullReadPace {
  const { clock, readsPerSecond = 50, longestWaitMs = 2_000 } = options
  const distanceMs = 1000 / readsPerSecond
  const longestLine = Math.floor(longestWaitMs / distanceMs)
  const line = new Set<Waiter>()
  let isGivingTurns = false

  /** One turn after the other: when the process was busy elsewhere, what is late is not made up for in a rush. */
  const giveTurns = async (): Promise<void> => {
    isGivingTurns = true
    for (;;) {
      await clock.sleep(distanceMs)
      const [first] = line
      if (first === undefined) break
      first.takeTurn()
    }
    isGivingTurns = false
  }

  const standInLine = (group: string, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        line.delete(waiter)
        signal.removeEventListener('abort', giveUp)
      }
      const waiter: Waiter = {
        group,
        takeTurn() {
          leave()
          resolve()
        },
        refuse(reason) {
          leave()
          reject(reason)
        },
      }
      const giveUp = (): void => waiter.refuse(signal.reason)
      line.add(waiter)
      signal.addEventListener('abort', giveUp)
    })

  /** The one who has to leave so that this group has its share of a full line, if anybody has. */
  const whoMakesRoomFor = (group: string): Waiter | undefined => {
    const byGroup = Map.groupBy(line, (waiter) => waiter.group)
    const [most = []] = [...byGroup.values()].toSorted((left, right) => right.length - left.length)
    const own = byGroup.get(group) ?? []
    return most.length > own.length + 1 ? most.at(-1) : undefined
  }

  return async (group, signal) => {
    signal.throwIfAborted()
    if (!isGivingTurns) {
      void giveTurns()
      return
    }
    if (line.size >= longestLine) {
      const refusal = new EtcdError('resourceExhausted', 'etcdserver: too many requests', { retryAfterSeconds: 1 })
      const other = whoMakesRoomFor(group)
      if (other === undefined) throw refusal
      other.refuse(refusal)
    }
    await standInLine(group, signal)
  }
}
