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
 * signal's reason.
 */
export type FullReadPace = (signal: AbortSignal) => Promise<void>

export function fullReadPace(options: FullReadPaceOptions): FullReadPace {
  const { clock, readsPerSecond = 50, longestWaitMs = 2_000 } = options
  const distanceMs = 1000 / readsPerSecond
  const longestLine = Math.floor(longestWaitMs / distanceMs)
  const line = new Set<() => void>()
  let isGivingTurns = false

  /** One turn after the other: when the process was busy elsewhere, what is late is not made up for in a rush. */
  const giveTurns = async (): Promise<void> => {
    isGivingTurns = true
    for (;;) {
      await clock.sleep(distanceMs)
      const [takeTurn] = line
      if (takeTurn === undefined) break
      takeTurn()
    }
    isGivingTurns = false
  }

  const standInLine = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        line.delete(takeTurn)
        signal.removeEventListener('abort', giveUp)
      }
      const takeTurn = (): void => {
        leave()
        resolve()
      }
      const giveUp = (): void => {
        leave()
        reject(signal.reason)
      }
      line.add(takeTurn)
      signal.addEventListener('abort', giveUp)
    })

  return async (signal) => {
    signal.throwIfAborted()
    if (!isGivingTurns) {
      void giveTurns()
      return
    }
    if (line.size >= longestLine) {
      throw new EtcdError('resourceExhausted', 'etcdserver: too many requests', { retryAfterSeconds: 1 })
    }
    await standInLine(signal)
  }
}
