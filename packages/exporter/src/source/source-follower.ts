import { backOffMs, SourceError, type Clock, type ConfigSource, type ProtectionOf } from '@outlast/snapshot'
import type { ExportState } from './export-state.ts'
import { followedConfiguration, type FollowedConfiguration } from './followed-configuration.ts'

/** Watches a source, so that an export need not load what has already arrived. */
export interface SourceFollower {
  /** The newest state; `undefined` while the watch is broken, because the state may then be old. */
  current(): ExportState | undefined
  /** Follows from this loaded state on. */
  adopt(state: ExportState): void
  stop(): void
}

/** Never throws: a broken watch is reported and taken up again, with growing pauses. */
export function followSource(options: {
  readonly source: Required<ConfigSource>
  readonly protectionOf: ProtectionOf
  readonly clock: Clock
  readonly random: () => number
  readonly onChange: () => void
  readonly onBroken: (error: unknown) => void
}): SourceFollower {
  const { source, protectionOf, clock, random, onChange, onBroken } = options
  let configuration: FollowedConfiguration | undefined
  let isCurrent = false
  let isStopped = false
  let failures = 0
  let watching = new AbortController()

  const watchOnce = async (followed: FollowedConfiguration, signal: AbortSignal): Promise<void> => {
    for await (const update of source.watch({ from: followed.position, signal })) {
      if (signal.aborted) return
      // After a broken watch there may have been failed exports: that the source is back is news too.
      const isNews = followed.apply(update) || !isCurrent
      isCurrent = true
      failures = 0
      if (isNews) onChange()
    }
    throw new SourceError('unavailable', `${source.name}: the watch has ended`)
  }

  const follow = async (followed: FollowedConfiguration, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await watchOnce(followed, signal)
      } catch (error) {
        if (signal.aborted) return
        isCurrent = false
        failures++
        onBroken(error)
        const pauseMs = backOffMs({ failures, firstMs: 100, limitMs: 10_000, random })
        await clock.sleep(pauseMs, { signal }).catch(() => undefined)
      }
    }
  }

  return {
    current: () => (isCurrent ? configuration?.state() : undefined),
    adopt: (state) => {
      if (isStopped) return // by a cycle that was in flight
      watching.abort()
      watching = new AbortController()
      configuration = followedConfiguration(state, protectionOf)
      isCurrent = true
      void follow(configuration, watching.signal)
    },
    stop: () => {
      isStopped = true
      watching.abort()
      isCurrent = false
    },
  }
}
